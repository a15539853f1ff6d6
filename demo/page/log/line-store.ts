import { createAnsiParser, ESCAPE } from "./ansi.ts";
import { createSegment, type Segment } from "./segment.ts";
import type { Style } from "./style.ts";

/** One line as it is kept. */
export interface Line {
  /** Of its first byte, counted from the stream's. */
  readonly start: number;
  /** Of the byte behind its last one, which is a newline unless the line goes on. */
  readonly end: number;
  /** In which its text begins. */
  readonly style: Style;
}

/** Whole lines that lie together in memory, for those who go through many. */
export interface Block {
  /** The number of the first one, and that behind the last. */
  readonly from: number;
  readonly to: number;
  /** Their bytes: a view, good until the next append. */
  readonly bytes: Uint8Array;
}

/**
 * Output as bytes, with an index of its lines. Lines are numbered from 0, and keep their number when the oldest are let go
 * because the ceiling is reached.
 */
export interface LineStore {
  /** All that were ever appended. */
  readonly bytes: number;
  /** How many of the first ones are no longer kept. */
  readonly gone: number;
  /** The number of the oldest line that is kept. It may lack its beginning. */
  readonly first: number;
  /** The number that the next line will have. */
  readonly lines: number;
  /** The number of the line that is being written, or of the next one. */
  readonly whole: number;
  /** What it takes in memory. */
  readonly size: number;
  append(bytes: Uint8Array): void;
  line(number: number): Line;
  /** A copy of bytes that are kept, by their place in the stream. */
  read(from: number, to: number): Uint8Array<ArrayBuffer>;
  /** As many lines from this one on as lie together, at least one. Undefined: it reaches into the next segment. */
  block(number: number): Block | undefined;
  /** All that is kept: views, good until the next append. */
  content(): Uint8Array<ArrayBuffer>[];
  clear(): void;
}

export interface LineStoreOptions {
  /** Bytes that it may take, index included. */
  readonly ceiling: number;
  /** Bytes of one piece of memory, which is also what is let go at once. For tests. */
  readonly segment?: number;
}

const NEWLINE = 0x0a;
const SEGMENT = 64 * 1024;

export function createLineStore({ ceiling, segment: capacity = SEGMENT }: LineStoreOptions): LineStore {
  let segments: Segment[] = [];
  let parser = createAnsiParser();
  let bytes = 0;
  let lines = 0;
  let size = 0;
  /** Whether the next byte begins a line. */
  let atStart = true;

  function append(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0; ) {
      const segment = room();
      const piece = rest.subarray(0, capacity - segment.used);
      index(segment, piece);
      segment.write(piece);
      bytes += piece.length;
      rest = rest.subarray(piece.length);
      while (size > ceiling && segments.length > 1) letGo();
    }
  }

  function room(): Segment {
    const last = segments.at(-1);
    if (last !== undefined && last.used < capacity) return last;
    const segment = createSegment(capacity, bytes, lines, parser.style);
    segments.push(segment);
    size += segment.size;
    return segment;
  }

  /** Notes where lines begin in the piece that comes next, and in which style. */
  function index(segment: Segment, piece: Uint8Array): void {
    const before = segment.size;
    const plain = parser.inText && !piece.includes(ESCAPE);
    for (let from = 0; from < piece.length; ) {
      if (atStart) {
        segment.addLine(segment.used + from, parser.style);
        lines += 1;
      }
      const newline = piece.indexOf(NEWLINE, from);
      const to = newline === -1 ? piece.length : newline + 1;
      if (!plain) parser.feed(piece.subarray(from, to));
      atStart = newline !== -1;
      from = to;
    }
    size += segment.size - before;
  }

  /** The oldest segment goes. The line that began in it and goes on in the next one begins there now. */
  function letGo(): void {
    const [oldest, next] = segments;
    if (oldest === undefined || next === undefined) return;
    const before = next.size;
    next.beginLine();
    size += next.size - before - oldest.size;
    segments.shift();
  }

  function segmentOfLine(number: number): Segment {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((segments[middle]?.firstLine ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    // Segments in which no line begins share their number with the next one.
    while (low < segments.length - 1 && (segments[low]?.lineCount ?? 0) === 0) low += 1;
    const segment = segments[low];
    if (segment === undefined || number < segment.firstLine || number >= lines) {
      throw new RangeError(`Line ${number} is not kept: lines ${firstLine()} to ${lines - 1} are.`);
    }
    return segment;
  }

  function firstLine(): number {
    return segments[0]?.firstLine ?? 0;
  }

  function startOf(number: number): number {
    if (number >= lines) return bytes;
    const segment = segmentOfLine(number);
    return segment.start + segment.lineStart(number - segment.firstLine);
  }

  return {
    get bytes() {
      return bytes;
    },
    get gone() {
      return segments[0]?.start ?? 0;
    },
    get first() {
      return firstLine();
    },
    get lines() {
      return lines;
    },
    get whole() {
      return atStart ? lines : lines - 1;
    },
    get size() {
      return size;
    },
    append,
    line(number) {
      const segment = segmentOfLine(number);
      const index = number - segment.firstLine;
      const next = index + 1 < segment.lineCount ? segment.start + segment.lineStart(index + 1) : undefined;
      return {
        start: segment.start + segment.lineStart(index),
        end: next ?? startOf(number + 1),
        style: segment.styleOf(index),
      };
    },
    read(from, to) {
      const copy = new Uint8Array(to - from);
      const base = segments[0]?.start ?? 0;
      for (let at = from; at < to; ) {
        const segment = segments[Math.floor((at - base) / capacity)];
        if (segment === undefined) throw new RangeError(`Bytes ${from} to ${to} are not all kept.`);
        const part = segment.view(at - segment.start, to - segment.start);
        copy.set(part, at - from);
        at += part.length;
      }
      return copy;
    },
    block(number) {
      const segment = segmentOfLine(number);
      const index = number - segment.firstLine;
      // The last one may go on in the next segment, or is not whole yet.
      const last = segment.lineCount - 1;
      if (index >= last) return undefined;
      const bytes = segment.view(segment.lineStart(index), segment.lineStart(last));
      return { from: number, to: segment.firstLine + last, bytes };
    },
    content: () => segments.map((segment) => segment.view(0, segment.used)),
    clear() {
      segments = [];
      parser = createAnsiParser();
      bytes = 0;
      lines = 0;
      size = 0;
      atStart = true;
    },
  };
}
