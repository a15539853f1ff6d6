/** What is told of a stream that passes. */
export interface StreamObserver {
  moved(bytes: number): void;
  ended(): void;
  /** What a failure is to be called. */
  failed(error: unknown): unknown;
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
  return new ReadableStream<T>(
    {
      start(controller) {
        const letGo = () => {
          observer.ended();
          controller.error(stop?.reason);
          reader.cancel(stop?.reason).catch(() => {});
        };
        if (stop?.aborted) letGo();
        else stop?.addEventListener("abort", letGo, { once: true });
      },
      async pull(controller) {
        let result: ReadableStreamReadResult<T>;
        try {
          result = await reader.read();
        } catch (error) {
          observer.ended();
          throw observer.failed(error);
        }
        if (stop?.aborted) return;
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
