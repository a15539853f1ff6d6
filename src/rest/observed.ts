/** What is told of a stream that passes. */
export interface StreamObserver {
  /** The next chunk is waited for. */
  waiting?(): void;
  /** A chunk is about to be passed on. What this throws ends the stream. */
  moved?(bytes: number): void;
  /** It is over: read to its end, cancelled, stopped or failed. */
  ended?(): void;
  /** What a failure is to be called. */
  failed?(error: unknown): unknown;
}

/**
 * Passes a stream on, one chunk at a time and only when asked for one, and tells what happens to it.
 *
 * @param stop Ends it, and lets go of the stream. `fetch` does neither reliably: of a body that it sends it does not let go when it
 * fails, and an answer that came through ky no longer hears its signal once the request has been collected as garbage (Node 20, 24).
 */
export function observed<T extends Uint8Array>(
  stream: ReadableStream<T>,
  observer: StreamObserver,
  stop?: AbortSignal,
): ReadableStream<T> {
  const reader = stream.getReader();
  let letGo = (_reason: unknown) => {};
  const onAbort = () => letGo(stop?.reason);

  function over(): void {
    stop?.removeEventListener("abort", onAbort);
    observer.ended?.();
  }

  return new ReadableStream<T>(
    {
      start(controller) {
        letGo = (reason) => {
          over();
          controller.error(reason);
          reader.cancel(reason).catch(() => {});
        };
        if (stop?.aborted) onAbort();
        else stop?.addEventListener("abort", onAbort, { once: true });
      },
      async pull(controller) {
        observer.waiting?.();
        let result: ReadableStreamReadResult<T>;
        try {
          result = await reader.read();
        } catch (error) {
          over();
          throw observer.failed === undefined ? error : observer.failed(error);
        }
        if (stop?.aborted) return;
        if (result.done) {
          over();
          controller.close();
          return;
        }
        try {
          observer.moved?.(result.value.length);
        } catch (error) {
          letGo(error);
          return;
        }
        controller.enqueue(result.value);
      },
      cancel(reason) {
        over();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
