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

/** Bytes that always wait to be parsed: with one piece at a time, xterm.js would wait for a timer after each. */
const AHEAD = 4e6;

/** xterm.js's own pace: bytes that lie in memory, and always more of them than it can parse in one go. */
export function measureXterm(terminal: Terminal, line: string, bytes: number): Promise<Measure> {
  const piece = new TextEncoder().encode(line.repeat(Math.ceil(65_536 / line.length)));
  return measure(
    () =>
      new Promise<void>((resolve) => {
        let written = 0;
        let parsed = 0;
        const go = () => {
          while (written < bytes && written - parsed < AHEAD) {
            terminal.write(piece, () => {
              parsed += piece.length;
              if (parsed >= bytes) resolve();
              else go();
            });
            written += piece.length;
          }
        };
        go();
      }),
  );
}

/** A command's output through a server, a socket and the addon, until it has exited and all is on the screen. */
export function measureAddon(
  page: TerminalPage,
  command: string,
  args: readonly string[],
  tty: boolean,
): Promise<Measure> {
  const status = document.querySelector<HTMLElement>("#status");
  return measure(async () => {
    await page.start(command, args, { tty });
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

/** When output came again after a cut: for each connection but the first, in milliseconds since the epoch. */
export async function recordRecoveries(execution: Execution, recoveries: number[]): Promise<void> {
  let connections = 0;
  const events = execution.events.getReader();
  const following = (async () => {
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.type === "connected") connections += 1;
    }
  })();
  const output = execution.stdout.getReader();
  for (let next = await output.read(); !next.done; next = await output.read()) {
    if (recoveries.length < connections - 1) recoveries.push(performance.timeOrigin + performance.now());
  }
  await following;
}
