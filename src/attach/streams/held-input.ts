import type { Clock } from "../clock.ts";
import { MAX_STDIN_FRAME } from "../frames.ts";
import type { HoldStdin, InputSink } from "./input-stream.ts";

/** Input that waits for the next connection, bounded in bytes and in time. */
export interface HeldInput {
  readonly maxBytes: number;
  /** Keeps a copy. False: it would be too much, and nothing is held any more. */
  add(bytes: Uint8Array): boolean;
  /** Resolves when what is written may go its own way again: nothing is held, or there is no connection to send it over. */
  drained(): Promise<void>;
  /** Resolves when nothing is held. */
  flushed(): Promise<void>;
  /** Forgets it all. */
  clear(): void;
}

/** @param expired Called when something was held for too long, and is not any more. */
export function createHeldInput(
  sink: Pick<InputSink, "ready" | "send">,
  { maxBytes, maxWait }: HoldStdin,
  clock: Pick<Clock, "now" | "after">,
  expired: (problem: string) => void,
): HeldInput {
  let queue: Uint8Array[] = [];
  let length = 0;
  let since = 0;
  let stopTimer: (() => void) | null = null;
  let flush: Promise<void> = Promise.resolve();

  function clear(): void {
    queue = [];
    length = 0;
    stopTimer?.();
    stopTimer = null;
  }

  function expire(): void {
    const bytes = length;
    clear();
    expired(`${bytes} bytes waited for a connection for more than ${maxWait / 1000} s`);
  }

  async function sendHeld(): Promise<void> {
    while (queue.length > 0) {
      await sink.ready(true);
      const first = queue[0];
      if (first === undefined) return;
      // The timer may be late: what was typed before a long sleep is not sent after it.
      if (clock.now() - since > maxWait) {
        expire();
        return;
      }
      sink.send(first.subarray(0, MAX_STDIN_FRAME));
      length -= Math.min(first.length, MAX_STDIN_FRAME);
      if (first.length > MAX_STDIN_FRAME) queue[0] = first.subarray(MAX_STDIN_FRAME);
      else queue.shift();
    }
    clear();
  }

  return {
    maxBytes,
    add(bytes) {
      if (length + bytes.length > maxBytes) {
        clear();
        return false;
      }
      const isFirst = queue.length === 0;
      // The writer may use its buffer again.
      queue.push(bytes.slice());
      length += bytes.length;
      if (isFirst) {
        since = clock.now();
        stopTimer = clock.after(maxWait, expire);
        // It fails only with the execution, which fails the stream.
        flush = sendHeld().catch(clear);
      }
      return true;
    },
    async drained() {
      if (queue.length > 0 && (await sink.ready(false))) await flush;
    },
    flushed: () => flush,
    clear,
  };
}
