import { BoxLiteError } from "../../errors/index.ts";

/** What happens to a consumer that falls behind by more than the limit. */
export type OverflowPolicy = "error" | "drop-oldest";

export interface OutputStreamOptions {
  /** What messages call it, e.g. `stdout of execution e1`. */
  readonly name: string;
  /** Bytes that wait for a reader at most. */
  readonly maxBufferedBytes: number;
  readonly overflow: OverflowPolicy;
  /** Bytes were dropped: what follows the first `position` bytes that were read begins `bytes` later. Told when it is read, or at the end. */
  readonly dropped: (bytes: number, position: number) => void;
}

/** The writing end of an output stream. */
export interface OutputStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Whether something was not kept for the reader. */
  readonly overflowed: boolean;
  /** Hands on bytes; never blocks. */
  write(bytes: Uint8Array): void;
  /** The stream ends after what waits. */
  end(): void;
  /** The stream fails after what waits: nothing that was delivered is lost. */
  fail(error: unknown): void;
}

/** Small chunks that wait together are handed out together, up to this many bytes. */
const COALESCED_BYTES = 64 * 1024;
/** From so many bytes on a chunk is handed out by itself: to put it together with others costs more than a read. */
const LARGE = 16 * 1024;

/**
 * A `ReadableStream` over a queue bounded in bytes. The socket behind it is never paused (the servers drop output for a
 * client that stalls), so a consumer that falls behind by more than `maxBufferedBytes` gets an error there, or misses the
 * oldest of what waits, in its own stream only. Cancelling discards what waits and what is still to come. A chunk is its
 * reader's: nothing that is still to come lies in its buffer, which may be transferred.
 */
export function createOutputStream(options: OutputStreamOptions): OutputStream {
  const { name, maxBufferedBytes } = options;
  const queue: Uint8Array<ArrayBuffer>[] = [];
  /** The newest of what waits: small chunks, put together as they come. What follows in `tail` after `filled` is free. */
  let tail = new Uint8Array(0);
  let filled = 0;
  /** How large it was when it was handed out: as much is likely to come again. */
  let usual = 0;
  const largestTail = Math.min(COALESCED_BYTES, maxBufferedBytes);
  /** Bytes in both. */
  let queued = 0;
  let handedOut = 0;
  let missing = 0;
  let overflowed = false;
  let wanted = false;
  let state: "open" | "closing" | "done" = "open";
  let failure: { readonly error: unknown } | null = null;
  let controller: ReadableStreamDefaultController<Uint8Array>;

  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(c) {
        controller = c;
      },
      pull() {
        wanted = true;
        serve();
      },
      cancel() {
        state = "done";
        closeTail();
        queue.length = 0;
        queued = 0;
      },
    },
    // No queue of the platform's: it counts chunks, not bytes, and drops what waits when the stream fails.
    { highWaterMark: 0 },
  );

  function serve(): void {
    if (state === "done") return;
    if (queued > 0) {
      if (!wanted) return;
      if (queue.length === 0) closeTail();
      const oldest = queue.shift();
      if (oldest === undefined) return;
      wanted = false;
      tellMissing();
      queued -= oldest.length;
      handedOut += oldest.length;
      controller.enqueue(oldest);
    }
    // What ends the stream does so as soon as nothing waits, whether somebody reads or not.
    if (queued === 0 && state === "closing") {
      state = "done";
      if (failure === null) controller.close();
      else controller.error(failure.error);
    }
  }

  function keep(bytes: Uint8Array): void {
    queued += bytes.length;
    const isLarge = bytes.length >= Math.min(LARGE, maxBufferedBytes);
    if (isLarge || filled + bytes.length > largestTail) closeTail();
    if (isLarge) {
      queue.push(isAlone(bytes) ? bytes : bytes.slice());
      return;
    }
    const needed = filled + bytes.length;
    if (needed > tail.length) {
      const room = filled === 0 ? usual : 4 * needed;
      const larger = new Uint8Array(Math.max(needed, Math.min(largestTail, room)));
      larger.set(tail.subarray(0, filled));
      tail = larger;
    }
    tail.set(bytes, filled);
    filled = needed;
  }

  function closeTail(): void {
    if (filled === 0) return;
    // It keeps at most twice its own.
    queue.push(2 * filled < tail.length ? tail.slice(0, filled) : tail.subarray(0, filled));
    usual = filled;
    tail = new Uint8Array(0);
    filled = 0;
  }

  /** The next bytes that are read do not follow the last ones. */
  function tellMissing(): void {
    if (missing === 0) return;
    options.dropped(missing, handedOut);
    missing = 0;
  }

  function overflow(bytes: Uint8Array): void {
    overflowed = true;
    if (options.overflow === "error") {
      const message =
        `${name}: the consumer fell behind by more than ${maxBufferedBytes} bytes (maxBufferedBytes), ` +
        "and what followed was not kept. Read it while the command runs, cancel it, or redirect large output to a file in the box.";
      close({ error: new BoxLiteError("buffer_overflow", message) });
      return;
    }
    const kept = bytes.length > maxBufferedBytes ? bytes.subarray(bytes.length - maxBufferedBytes) : bytes;
    missing += bytes.length - kept.length;
    drop(queued + kept.length - maxBufferedBytes);
    keep(kept);
  }

  /** Drops the oldest so many bytes of what waits. */
  function drop(count: number): void {
    missing += count;
    queued -= count;
    let left = count;
    for (let oldest = queue[0]; left > 0 && oldest !== undefined; oldest = queue[0]) {
      if (left < oldest.length) queue[0] = oldest.subarray(left);
      else queue.shift();
      left -= Math.min(left, oldest.length);
    }
    if (left > 0) tail.copyWithin(0, left, filled);
    filled -= left;
  }

  function close(reason: { readonly error: unknown } | null): void {
    if (state !== "open") return;
    state = "closing";
    failure = reason;
    // Nothing more is dropped, and nobody may listen any more once it is read.
    tellMissing();
    serve();
  }

  return {
    readable,
    get overflowed() {
      return overflowed;
    },
    write(bytes) {
      if (state !== "open") return;
      // Who waits has what is there before it is too much.
      if (queued + bytes.length > maxBufferedBytes) serve();
      if (queued + bytes.length > maxBufferedBytes) {
        // Who still waits has it all: nothing is queued, and this alone is larger.
        if (!wanted) return overflow(bytes);
        keep(bytes);
        serve();
        return;
      }
      keep(bytes);
      // The frames of one turn come in a row: who waits has them together, at its end.
      if (wanted && queued === bytes.length) Promise.resolve().then(serve);
    },
    end() {
      close(null);
    },
    fail(error) {
      close({ error });
    },
  };
}

/** Whether nothing lies in its buffer but its message: the channel byte, and this. */
function isAlone(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength <= bytes.length + 1;
}
