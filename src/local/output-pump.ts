import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WebSocket } from "ws";
import type { Subscription } from "./backlog.ts";
import type { Dialect } from "./dialect.ts";
import type { Execution } from "./execution.ts";
import type { LocalServerTimes } from "./times.ts";

const STDOUT = 1;
const STDERR = 2;

/**
 * Output handed to the socket before its flush is waited for. Little, so that a client that does not read is noticed
 * here, where its chunks are counted and dropped, and not hidden in a growing buffer.
 */
const BATCH_BYTES = 16_384;
const BATCH_FRAMES = 64;

/** Sent in one turn of the event loop: a flush may take no time, and a long backlog must not keep the server from all else. */
const BYTES_PER_TURN = 65_536;

/** How long the client's Close is waited for after our own. */
const CLOSE_PATIENCE = 5_000;

interface Source {
  readonly channel: typeof STDOUT | typeof STDERR;
  readonly subscription: Subscription;
  ended: boolean;
}

interface PumpSettings {
  readonly dialect: Dialect;
  readonly times: LocalServerTimes;
  /** What is beneath the WebSocket. */
  readonly connection: Duplex;
}

/** Sends the backlog of both streams, then what comes, then the exit code, and closes the socket as the dialect does. */
export function sendOutput(
  socket: WebSocket,
  execution: Execution,
  settings: PumpSettings,
): { stop(): void } {
  const { dialect, times, connection } = settings;
  const stopped = new AbortController();
  let wake = () => {};
  const sources: Source[] = [
    { channel: STDOUT, subscription: execution.stdout.subscribe(() => wake()), ended: false },
    { channel: STDERR, subscription: execution.stderr.subscribe(() => wake()), ended: false },
  ];
  let drainDeadline: NodeJS.Timeout | undefined;

  function stop(): void {
    stopped.abort();
    clearTimeout(drainDeadline);
    for (const { subscription } of sources) subscription.close();
    wake();
  }

  /** Chunks of both streams by turns, as frames. */
  function nextBatch(): Buffer[] {
    const frames: Buffer[] = [];
    let bytes = 0;
    for (let more = true; more && bytes < BATCH_BYTES && frames.length < BATCH_FRAMES; ) {
      more = false;
      for (const source of sources) {
        const chunk = source.ended ? undefined : source.subscription.take();
        if (chunk === "lagged") {
          // While the execution runs, serve goes on with what is left. Once it has ended, it takes this for the end.
          if (execution.isSettled) source.ended = true;
          else more = true;
        } else if (chunk !== undefined) {
          frames.push(toFrame(source.channel, chunk));
          bytes += chunk.length;
          more = true;
        }
      }
    }
    return frames;
  }

  async function pump(): Promise<void> {
    let sent = 0;
    while (!stopped.signal.aborted) {
      // Looked at before the batch: what came before the end is then in the batch, or in one after it.
      const settled = execution.isSettled;
      const frames = nextBatch();
      if (frames.length > 0) {
        await sendAll(frames);
        for (const { length } of frames) sent += length;
        if (sent < BYTES_PER_TURN) continue;
        sent = 0;
        await nextTurn();
      } else if (settled) {
        return finish();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        // What comes in the same turn goes with it.
        await nextTurn();
      }
    }
  }

  async function sendAll(frames: readonly (Buffer | string)[]): Promise<void> {
    connection.cork();
    const flushed = flush(socket, frames, times.writeTimeout);
    connection.uncork();
    if (!(await flushed)) {
      if (dialect === "runner") socket.close(1001);
      socket.terminate();
    }
  }

  async function finish(): Promise<void> {
    await sendAll([JSON.stringify({ type: "exit", exit_code: execution.exitCode })]);
    if (stopped.signal.aborted) return;
    stop();
    if (dialect === "runner") {
      closeGently(socket, 1000, "");
    } else {
      closeGently(socket);
      // serve does not wait for the client's Close before it drops the connection.
      connection.end();
    }
  }

  void execution.settled.then(() => {
    if (stopped.signal.aborted) return;
    if (dialect === "runner") {
      for (const { subscription } of sources) subscription.close();
      drainDeadline = setTimeout(() => {
        stop();
        closeGently(socket, 1011, "pump drain timed out");
      }, times.pumpDrain);
    }
    wake();
  });
  void pump();
  return { stop };
}

/**
 * Closes, and does not wait for the client's Close for ever. Until then the client is still read: a connection that is
 * destroyed with something unread, be it a pong, is reset, and a reset takes the output that the client has not read yet.
 */
function closeGently(socket: WebSocket, code?: number, reason?: string): void {
  socket.close(code, reason);
  const patience = setTimeout(() => socket.terminate(), CLOSE_PATIENCE);
  socket.once("close", () => clearTimeout(patience));
}

function toFrame(channel: number, chunk: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(chunk.length + 1);
  frame[0] = channel;
  frame.set(chunk, 1);
  return frame;
}

/** Sends the frames and waits until the last has left this process. Returns false when the socket fails or time is up. */
function flush(socket: WebSocket, frames: readonly (Buffer | string)[], timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeout);
    const last = frames.length - 1;
    for (const [index, frame] of frames.entries()) {
      if (index < last) {
        socket.send(frame);
      } else {
        socket.send(frame, (error) => {
          clearTimeout(timer);
          resolve(error === undefined || error === null);
        });
      }
    }
  });
}
