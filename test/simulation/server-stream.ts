/** How a server replays. */
export type Dialect = "runner" | "serve";

/** A piece of what the process wrote, by its offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One output stream of a server: what it keeps, and what it sends to the client that is attached. */
export interface ServerStream {
  /** All that the process wrote. */
  readonly written: Uint8Array;
  /** Bytes that the attached clients were not sent, because they were slow. */
  readonly dropped: number;
  /** The process writes. */
  write(bytes: Uint8Array): void;
  attach(): void;
  cut(): void;
  /** The next frame on its way to the client, as a copy; undefined when there is none. */
  take(): Uint8Array | undefined;
  /** The same, by its offsets. */
  next(): Span | undefined;
}

/** What the guest reads at once. */
export const CHUNK = 1_024;

/**
 * @param liveQueue Chunks that wait for the client at most: beyond, the server drops them without a word. The replay is
 * not counted, as it is on the servers.
 * @param chunkSize Bytes that the guest reads at once.
 */
export function createServerStream(
  dialect: Dialect,
  capacity: number,
  liveQueue: number,
  chunkSize = CHUNK,
): ServerStream {
  let buffer = new Uint8Array(0);
  let length = 0;
  /** What `serve` keeps, chunk by chunk; its oldest is at `oldest`. The runner keeps bytes, not chunks. */
  const chunks: Span[] = [];
  let oldest = 0;
  let frames: Span[] | null = null;
  let taken = 0;
  let live = 0;
  let dropped = 0;

  function store(bytes: Uint8Array): void {
    if (length + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.max(length + bytes.length, buffer.length * 4, 2_048));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(bytes, length);
    length += bytes.length;
  }

  function keep(chunk: Span): void {
    chunks.push(chunk);
    for (let first = chunks[oldest]; first !== undefined; first = chunks[oldest]) {
      if (chunk.end - first.start <= capacity || oldest === chunks.length - 1) return;
      oldest += 1;
    }
  }

  function next(): Span | undefined {
    if (frames === null) return undefined;
    const frame = frames[taken];
    if (frame === undefined) return undefined;
    taken += 1;
    live = Math.min(live, frames.length - taken);
    return frame;
  }

  return {
    get written() {
      return buffer.subarray(0, length);
    },
    get dropped() {
      return dropped;
    },
    write(bytes) {
      const before = length;
      store(bytes);
      for (let start = before; start < length; start += chunkSize) {
        const chunk = { start, end: Math.min(start + chunkSize, length) };
        if (dialect === "serve") keep(chunk);
        if (frames === null) continue;
        if (live < liveQueue) {
          frames.push(chunk);
          live += 1;
        } else dropped += chunk.end - chunk.start;
      }
    },
    attach() {
      live = 0;
      taken = 0;
      if (length === 0) frames = [];
      else if (dialect === "runner") frames = [{ start: Math.max(0, length - capacity), end: length }];
      else frames = chunks.slice(oldest);
    },
    cut() {
      frames = null;
    },
    take() {
      const frame = next();
      return frame && buffer.slice(frame.start, frame.end);
    },
    next,
  };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
