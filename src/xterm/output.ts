import { noticeOf } from "./notice.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import type { HostTerminal } from "./terminal.ts";
import type { Segment } from "./timeline.ts";

export interface Output {
  /** Never blocks: what the terminal has no room for waits here. */
  push(segment: Segment): void;
  /** Calls back as soon as the terminal has parsed all that was pushed. */
  drained(callback: () => void): void;
  /** Gives the terminal nothing any more. */
  dispose(): void;
}

/** Bytes in the terminal, not parsed yet: no more are given from `HIGH` on, and again from `LOW` down. */
const HIGH = 512 * 1024;
const LOW = 128 * 1024;

/** The largest piece in one write: the terminal does not look at the clock within one. */
const PIECE = 32 * 1024;

/**
 * Bytes that wait here at most; half of them are dropped then, the oldest. At the 5 to 15 MB/s that xterm.js draws, what
 * is on the screen is half a second old then, and so is what Ctrl-C stops.
 */
const MAX_WAITING = 4 * 1024 * 1024;

/** How far the beginning of a line is looked for where bytes were dropped. */
const LINE = 4 * 1024;

const NEWLINE = 10;

/** Gives a terminal its output at the terminal's pace, and no more than a screen could ever show. */
export function createOutput(terminal: HostTerminal, guard: ReplayGuard): Output {
  let queue: Segment[] = [];
  /** Bytes in the queue, and in the terminal. */
  let waiting = 0;
  let given = 0;
  let whenDrained: (() => void) | undefined;

  function feed(): void {
    for (let next = queue[0]; next !== undefined && given < HIGH; next = queue[0]) {
      if (next.kind === "bytes") {
        const { bytes, replay } = next;
        if (bytes.length > PIECE) queue[0] = { ...next, bytes: bytes.subarray(PIECE) };
        else queue.shift();
        const piece = bytes.subarray(0, PIECE);
        waiting -= piece.length;
        give(piece, replay);
      } else {
        // A reset does not wait for what the terminal was given before, and a notice depends on it.
        if (given > 0) return;
        queue.shift();
        if (next.kind === "reset") terminal.reset();
        const notice = noticeOf(next, terminal.buffer.active);
        if (notice !== "") give(notice, false);
      }
    }
    if (given === 0 && queue.length === 0) whenDrained?.();
  }

  function give(data: string | Uint8Array, replay: boolean): void {
    given += data.length;
    guard.writing(replay);
    terminal.write(data, () => {
      guard.parsed(replay);
      given -= data.length;
      if (given <= LOW) feed();
    });
  }

  /** Keeps the newest half, from the beginning of a line. A reset among what goes is kept. */
  function drop(): void {
    let bytes = 0;
    let count = 0;
    let reset = false;
    for (const segment of queue) {
      if (waiting <= MAX_WAITING / 2) break;
      count += 1;
      if (segment.kind === "reset") reset = true;
      else if (segment.kind === "missing") bytes += segment.bytes;
      else {
        bytes += segment.bytes.length;
        waiting -= segment.bytes.length;
      }
    }
    queue.splice(0, count);
    const [first] = queue;
    if (first?.kind === "bytes") {
      const start = first.bytes.subarray(0, LINE).indexOf(NEWLINE) + 1;
      queue[0] = { ...first, bytes: first.bytes.subarray(start) };
      bytes += start;
      waiting -= start;
    }
    queue.unshift({ kind: "missing", bytes, undrawn: true });
    if (reset) queue.unshift({ kind: "reset" });
  }

  return {
    push(segment) {
      queue.push(segment);
      if (segment.kind === "bytes") waiting += segment.bytes.length;
      if (waiting > MAX_WAITING) drop();
      feed();
    },
    drained(callback) {
      whenDrained = callback;
      feed();
    },
    dispose() {
      queue = [];
      whenDrained = undefined;
    },
  };
}
