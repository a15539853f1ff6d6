import type { Style } from "./style.ts";

/** A piece of memory with bytes of the output, and where lines begin in it. */
export interface Segment {
  /** Of its first byte, counted from the stream's. */
  readonly start: number;
  readonly used: number;
  /** What it takes in memory, more or less. */
  readonly size: number;
  /** The number of the first line that begins here; if none does, of the next one that begins. */
  readonly firstLine: number;
  readonly lineCount: number;
  write(bytes: Uint8Array): void;
  view(from: number, to: number): Uint8Array<ArrayBuffer>;
  addLine(offset: number, style: Style): void;
  lineStart(index: number): number;
  styleOf(index: number): Style;
  /** Makes a line begin at its first byte, if none does. */
  beginLine(): void;
}

/** A style and the place in the index from which on lines begin in it. */
interface StyleChange {
  readonly from: number;
  readonly style: Style;
}

/** Bytes, as a guess. */
const STYLE_CHANGE_SIZE = 64;

/**
 * @param firstLine The number of the next line that begins.
 * @param style In effect at its first byte.
 */
export function createSegment(capacity: number, start: number, firstLine: number, style: Style): Segment {
  const buffer = new Uint8Array(capacity);
  let first = firstLine;
  let used = 0;
  let starts = new Uint32Array(256);
  let count = 0;
  // One per change: most output has few.
  let changes: StyleChange[] = [];

  function grow(): void {
    if (count < starts.length) return;
    const larger = new Uint32Array(starts.length * 2);
    larger.set(starts);
    starts = larger;
  }

  return {
    start,
    get used() {
      return used;
    },
    get size() {
      return capacity + starts.byteLength + changes.length * STYLE_CHANGE_SIZE;
    },
    get firstLine() {
      return first;
    },
    get lineCount() {
      return count;
    },
    write(bytes) {
      buffer.set(bytes, used);
      used += bytes.length;
    },
    view: (from, to) => buffer.subarray(from, Math.min(to, used)),
    addLine(offset, style) {
      grow();
      starts[count] = offset;
      if (changes.at(-1)?.style !== style) changes.push({ from: count, style });
      count += 1;
    },
    lineStart: (index) => starts[index] ?? 0,
    styleOf(index) {
      let low = 0;
      let high = changes.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((changes[middle]?.from ?? 0) <= index) low = middle;
        else high = middle - 1;
      }
      return changes[low]?.style ?? style;
    },
    beginLine() {
      if (count > 0 && starts[0] === 0) return;
      grow();
      starts.copyWithin(1, 0, count);
      starts[0] = 0;
      count += 1;
      first -= 1;
      changes = [{ from: 0, style }, ...changes.map((change) => ({ ...change, from: change.from + 1 }))];
    },
  };
}
