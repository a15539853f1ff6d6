import { BACKLOG_BYTES } from "../attach/replay/positioner.ts";
import type { Verdict } from "../attach/replay/verdict.ts";

/** A verdict in its place among the bytes. */
export interface Mark {
  /** Its number in the stream, from 0. */
  readonly number: number;
  /** It was said after the first `at` bytes of the stream. */
  readonly at: number;
  /** The place that it is about; `at`, or earlier where it settled late. */
  readonly position: number;
  readonly verdict: Verdict;
}

/** How far a reader has come: bytes and marks of the stream, counted from its beginning. */
export interface Cursor {
  position: number;
  marks: number;
}

export type Item =
  | { readonly kind: "bytes"; readonly position: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "mark"; readonly mark: Mark };

/** The last of a stream, by absolute positions: a backlog's worth of bytes, and the verdicts among them, in order. */
export interface Log {
  /** The oldest byte that is kept, and the end. */
  readonly start: number;
  readonly end: number;
  /** Marks so far, those not kept any more included. */
  readonly marks: number;
  append(bytes: Uint8Array): void;
  /** @param number Where it is not the next one: some were missed, or come from another log. */
  mark(position: number, verdict: Verdict, number?: number): void;
  /** What follows does not follow from what is kept: it begins anew at `position`. */
  restart(position: number): void;
  /** The bytes that are kept; behind what a gateway has dropped, if that is among them: a replay is not compared over it. */
  tail(): Uint8Array<ArrayBuffer>;
  /** Bytes that wait for a reader before the next mark, and whether one does. */
  waiting(cursor: Cursor): { readonly bytes: number; readonly mark: boolean };
  /** Hands out what is next, `limit` bytes at most, and moves the cursor. One that has fallen out of what is kept is moved on first. */
  next(cursor: Cursor, limit: number): Item | undefined;
}

/** A connection that is cut again and again makes marks without bytes. Beyond it, what is kept begins behind the oldest. */
const MAX_MARKS = 256;

export function createLog(capacity = BACKLOG_BYTES): Log {
  let ring = new Uint8Array(0);
  let start = 0;
  let end = 0;
  let kept: Mark[] = [];
  let marks = 0;

  function grow(needed: number): void {
    const larger = new Uint8Array(Math.min(capacity, Math.max(4096, ring.length * 2, needed)));
    const old = read(start, end);
    ring = larger;
    put(start, old);
  }

  /** Writes bytes to their places: position modulo the ring's length. */
  function put(position: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const at = position % ring.length;
    const first = Math.min(bytes.length, ring.length - at);
    ring.set(bytes.subarray(0, first), at);
    ring.set(bytes.subarray(first), 0);
  }

  function read(from: number, to: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(to - from);
    if (bytes.length === 0) return bytes;
    const at = from % ring.length;
    const first = Math.min(bytes.length, ring.length - at);
    bytes.set(ring.subarray(at, at + first));
    bytes.set(ring.subarray(0, bytes.length - first), first);
    return bytes;
  }

  function trim(to: number): void {
    start = Math.max(start, to);
    if ((kept[0]?.at ?? start) < start) kept = kept.filter(({ at }) => at >= start);
  }

  const nextMark = (cursor: Cursor) => kept.find(({ number }) => number >= cursor.marks);

  /**
   * Makes room for another mark. First goes one that is no discontinuity, for its absence hides nothing. Else the oldest: whoever has
   * not seen that must not go on as if nothing had been, so that what is kept begins behind it, or with another one there.
   */
  function dropMark(): void {
    const harmless = kept.findIndex(
      ({ verdict }) => verdict.kind === "exact" || verdict.kind === "provisional",
    );
    const [dropped] = kept.splice(Math.max(0, harmless), 1);
    if (dropped !== undefined && harmless === -1 && kept[0]?.at !== dropped.at) trim(dropped.at + 1);
  }

  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get marks() {
      return marks;
    },
    append(bytes) {
      const length = Math.min(end - start + bytes.length, capacity);
      if (length > ring.length) grow(length);
      const fitting = bytes.length > capacity ? bytes.subarray(bytes.length - capacity) : bytes;
      end += bytes.length;
      put(end - fitting.length, fitting);
      trim(end - capacity);
    },
    mark(position, verdict, number = marks) {
      kept = kept.filter((mark) => mark.number < number);
      if (kept.length === MAX_MARKS) dropMark();
      kept.push({ number, at: end, position, verdict });
      marks = number + 1;
    },
    restart(position) {
      start = position;
      end = position;
      kept = [];
    },
    tail() {
      const gap = kept.findLast(({ verdict }) => verdict.kind === "gap" && verdict.by === "gateway");
      return read(Math.max(start, gap?.at ?? start), end);
    },
    waiting(cursor) {
      const mark = nextMark(cursor);
      return {
        bytes: Math.max(0, (mark?.at ?? end) - Math.max(cursor.position, start)),
        mark: mark !== undefined,
      };
    },
    next(cursor, limit) {
      cursor.position = Math.max(cursor.position, start);
      const next = nextMark(cursor);
      if (next !== undefined && next.at <= cursor.position) {
        cursor.marks = next.number + 1;
        return { kind: "mark", mark: next };
      }
      const position = cursor.position;
      const to = Math.min(next?.at ?? end, position + limit);
      if (to <= position) return undefined;
      cursor.position = to;
      return { kind: "bytes", position, bytes: read(position, to) };
    },
  };
}
