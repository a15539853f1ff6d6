/** Watches over a transfer: it may take as long as it likes, but not stand still. */
export interface StallWatch {
  /** Something has moved. */
  moved(): void;
  end(): void;
}

/**
 * @param limit Milliseconds without any movement after which `stalled` is called, once; at most twice as long.
 */
export function watchForStall(limit: number, stalled: () => void): StallWatch {
  let still = false;
  // One timer for all of it, however many chunks move.
  const timer = setInterval(() => {
    if (!still) {
      still = true;
      return;
    }
    clearInterval(timer);
    stalled();
  }, limit);
  return {
    moved() {
      still = false;
    },
    end: () => clearInterval(timer),
  };
}

/** Passes a stream on, one chunk at a time and only when asked for one, and tells what happens to it. */
export function observed(
  stream: ReadableStream<Uint8Array>,
  observer: {
    moved(bytes: number): void;
    ended(): void;
    /** What a failure is to be called. */
    failed(error: unknown): unknown;
  },
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let result: ReadableStreamReadResult<Uint8Array>;
        try {
          result = await reader.read();
        } catch (error) {
          observer.ended();
          throw observer.failed(error);
        }
        if (result.done) {
          observer.ended();
          controller.close();
          return;
        }
        observer.moved(result.value.length);
        controller.enqueue(result.value);
      },
      cancel(reason) {
        observer.ended();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
