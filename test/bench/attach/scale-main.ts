import { setTimeout as sleep } from "node:timers/promises";
import { BoxLite, type Execution } from "boxlite-web";
import WebSocket from "ws";
import { answerWith } from "./child.ts";
import { attachUrl } from "./drain.ts";
import { held } from "./held.ts";

/** What so many attached executions cost a process, which has done nothing else. */
export interface Held {
  readonly side: "client" | "bare";
  readonly url: string;
  readonly count: number;
  /** Their command, e.g. `idle`, or `lines_1000`. */
  readonly command: string;
  /** Milliseconds for which they are watched. */
  readonly watched: number;
}

export interface Costs {
  /** Bytes of the heap, of buffers outside of it, and of resident memory, above what was there before. */
  readonly heap: number;
  readonly external: number;
  readonly resident: number;
  /** Milliseconds of processor time per second. */
  readonly cpu: number;
  /** Timers that are active, less those that were before. */
  readonly timers: number;
}

answerWith(async ({ side, url, count, command, watched }: Held): Promise<Costs> => {
  // The first loads and compiles what all need.
  const open: () => Promise<unknown> =
    side === "client" ? await withClient(url, command) : () => openBare(url, command);
  const first = await open();
  const [before, timersBefore] = [await held(), timers()];
  const opened: unknown[] = [first];
  // Not all at once: a listener's backlog is short.
  while (opened.length <= count) {
    const batch = Math.min(100, count + 1 - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: batch }, open))));
  }
  await sleep(500);
  const cpuBefore = process.cpuUsage();
  await sleep(watched);
  const { user, system } = process.cpuUsage(cpuBefore);
  const after = await held();
  return {
    heap: after.heapUsed - before.heapUsed,
    external: after.external - before.external,
    resident: after.rss - before.rss,
    cpu: (user + system) / watched,
    timers: timers() - timersBefore,
  };
});

async function withClient(url: string, command: string): Promise<() => Promise<Execution>> {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
  const [name = "", ...args] = command.split("_");
  return async () => {
    const execution = await box.exec(name, args);
    const events = execution.events.getReader();
    await events.read();
    events.releaseLock();
    void execution.stdout.pipeTo(new WritableStream()).catch(() => {});
    return execution;
  };
}

function openBare(url: string, command: string): Promise<WebSocket> {
  const socket = new WebSocket(attachUrl(url, command), { perMessageDeflate: false });
  socket.on("message", () => {});
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => resolve(socket));
  });
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
