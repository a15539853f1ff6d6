import { MAX_STDIN_FRAME } from "../frames.ts";

/** Where stdin goes. */
export interface InputSink {
  /** Resolves when the next frame may be sent: connected, and not too much under way. Rejects when the execution is over. */
  ready(): Promise<void>;
  send(bytes: Uint8Array): void;
  eof(): void;
}

export interface InputStream {
  readonly writable: WritableStream<Uint8Array>;
  /** Nothing can be written any more. */
  fail(error: unknown): void;
}

/**
 * Stdin as a `WritableStream`, in frames below 64 KiB. While the connection is down a write waits, one at a time, by the
 * stream's own back-pressure. Bytes that were already sent are never sent again: nobody acknowledges stdin, so what was
 * under way when a connection was cut may or may not have arrived.
 */
export function createInputStream(sink: InputSink): InputStream {
  let controller: WritableStreamDefaultController;
  const writable = new WritableStream<Uint8Array>({
    start(c) {
      controller = c;
    },
    async write(chunk) {
      if (!ArrayBuffer.isView(chunk)) {
        throw new TypeError(
          "stdin takes bytes (Uint8Array). Pipe text through a TextEncoderStream, or encode it.",
        );
      }
      for (let at = 0; at < chunk.length; at += MAX_STDIN_FRAME) {
        await sink.ready();
        sink.send(chunk.subarray(at, at + MAX_STDIN_FRAME));
      }
    },
    close() {
      sink.eof();
    },
    abort() {
      // The writer failed; the process must not wait for more.
      sink.eof();
    },
  });
  return {
    writable,
    fail(error) {
      controller.error(error);
    },
  };
}
