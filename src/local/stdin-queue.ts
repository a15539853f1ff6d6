import type { Writable } from "node:stream";

/** Bytes of stdin that may wait for a process before its client is no longer read. */
const HIGH_WATER = 1 << 20;
/** What a piece that waits costs beside its bytes, roughly: a client may send one byte at a time. */
const PIECE_COST = 512;

/** Stdin on its way into a process. */
export interface StdinQueue {
  /** Returns false when the process is slow to read: wait for `drained` before the next. */
  write(bytes: Uint8Array): boolean;
  /** Resolves when half of it has gone, or the stream is gone. */
  drained(): Promise<void>;
}

export function createStdinQueue(stream: Writable): StdinQueue {
  let waiting = 0;
  let waiters: (() => void)[] = [];

  return {
    write(bytes) {
      const cost = bytes.length + PIECE_COST;
      waiting += cost;
      // Called for what fails, too.
      stream.write(bytes, () => {
        waiting -= cost;
        if (waiting > HIGH_WATER / 2) return;
        for (const resume of waiters) resume();
        waiters = [];
      });
      return waiting < HIGH_WATER;
    },
    drained() {
      if (waiting <= HIGH_WATER / 2) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
  };
}
