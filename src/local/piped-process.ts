import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { ResolvedCommand } from "./command.ts";
import { deliver, GUEST_READ_BYTES, type HostProcess, type OutputSink } from "./host-process.ts";
import { CHUNKS_PER_TURN, PAUSE, type Pace } from "./pace.ts";
import { createStdinQueue } from "./stdin-queue.ts";

/**
 * Starts a process with pipes, as the leader of its own process group.
 *
 * @throws Error when the operating system refuses to start it.
 */
export async function startPiped(command: ResolvedCommand, sink: OutputSink): Promise<HostProcess> {
  const child = spawn(command.file, [...command.args], {
    argv0: command.argv0,
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: "pipe",
  });
  const abandoned = new AbortController();
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? (code ?? -1) : -constants.signals[signal]);
    });
    abandoned.signal.addEventListener("abort", () => resolve(-1));
  });
  // A process that stops reading or is gone breaks its stdin; that is its right, and seen as `stdinClosed`.
  child.stdin.on("error", () => {});
  const stdin = createStdinQueue(child.stdin);
  const outputEnded = Promise.all([
    readChunks(child.stdout, sink.stdout, sink.pace),
    readChunks(child.stderr, sink.stderr, sink.pace),
  ]).then(() => {});
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.file} has no process id`);
  return {
    signal: (signal) => deliver(-pid, signal),
    exited,
    outputEnded,
    get stdinClosed() {
      return !child.stdin.writable;
    },
    writeStdin: stdin.write,
    whenStdinDrained: stdin.drained,
    closeStdin: () => child.stdin.end(),
    resize: undefined,
    abandon() {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      abandoned.abort();
    },
  };
}

/**
 * Hands out what comes in pieces of the guest's size, few per turn of the event loop: a process that writes without end is held up by
 * its pipe and not by our memory, and does not keep the sockets from being served.
 */
function readChunks(
  source: Readable,
  onChunk: (chunk: Uint8Array) => void,
  paceOf: () => Pace,
): Promise<void> {
  return new Promise((resolve) => {
    let reading = false;
    const step = () => {
      const pace = paceOf();
      if (pace === "hold") {
        reading = true;
        setTimeout(step, PAUSE);
        return;
      }
      for (let left = pace === "fast" ? CHUNKS_PER_TURN : 1; left > 0; left -= 1) {
        // With nothing buffered, an empty-handed read asks for more, or ends the stream.
        const buffered = source.readableLength;
        const chunk: Buffer | null =
          buffered > 0 ? source.read(Math.min(GUEST_READ_BYTES, buffered)) : source.read();
        reading = chunk !== null;
        if (chunk === null) return;
        onChunk(chunk);
      }
      setImmediate(step);
    };
    source.on("readable", () => {
      if (!reading) step();
    });
    source.on("error", () => {});
    source.once("close", resolve);
  });
}
