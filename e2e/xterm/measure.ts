import type { Terminal } from "@xterm/xterm";
import type { Execution } from "boxlite-web";
import type { TerminalPage } from "./main.ts";

/** What one way of showing output cost the page. Times in milliseconds. */
export interface Measure {
  readonly time: number;
  /** The longest task, 0 if none was 50 or more. */
  readonly longestTask: number;
}

/** Measures a piece of work with the page's long tasks. */
async function measure(work: () => Promise<void>): Promise<Measure> {
  let longestTask = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  });
  observer.observe({ type: "longtask" });
  const start = performance.now();
  await work();
  const time = performance.now() - start;
  // Entries are handed out in a task of their own.
  await new Promise((resolve) => setTimeout(resolve, 100));
  observer.disconnect();
  return { time, longestTask };
}

/** xterm.js's own pace: bytes that lie in memory, the next piece as soon as one was parsed. */
export function measureXterm(terminal: Terminal, line: string, bytes: number): Promise<Measure> {
  const piece = new TextEncoder().encode(line.repeat(Math.ceil(65_536 / line.length)));
  return measure(async () => {
    for (let written = 0; written < bytes; written += piece.length) {
      await new Promise<void>((resolve) => terminal.write(piece, resolve));
    }
  });
}

/** A command's output through a server, a socket and the addon, until it has exited and all is on the screen. */
export function measureAddon(page: TerminalPage, command: string, args: readonly string[]): Promise<Measure> {
  const status = document.querySelector<HTMLElement>("#status");
  return measure(async () => {
    await page.start(command, args);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (status?.dataset.state !== "exited" && status?.dataset.state !== "failed") return;
        watching.disconnect();
        resolve();
      };
      const watching = new MutationObserver(look);
      if (status) watching.observe(status, { attributes: true });
      look();
    });
  });
}

/** The same without a terminal: the output is read and thrown away. */
export function measureSocket(run: () => Promise<Execution>): Promise<Measure> {
  return measure(async () => {
    const execution = await run();
    await execution.stdout.pipeTo(new WritableStream());
    await execution.exit;
  });
}
