import { BoxLiteError } from "../../errors/index.ts";
import type { Clock } from "../clock.ts";
import { MAX_STDIN_FRAME } from "../frames.ts";
import { createHeldInput } from "./held-input.ts";

/** What is written while there is no connection is kept, and sent once there is one. */
export interface HoldStdin {
  /** Bytes that are kept at most. */
  readonly maxBytes: number;
  /** Milliseconds that any of them is kept at most. */
  readonly maxWait: number;
}

/**
 * What becomes of a write while the connection is down. Before the first connection every write waits for it. Bytes that were sent
 * are never sent again, whatever the policy: nobody acknowledges stdin.
 *
 * - `reject`: it fails with `stdin_disconnected`, and with it the stream, for good, as a `WritableStream` does. A write after
 *   the next connection fails, too, if bytes that were sent before the cut may not have arrived (nothing was heard after
 *   them): input with a hole in it is not gone on with.
 * - `drop`: it succeeds, and its bytes go nowhere; a `stdin-dropped` event says how many. What is written after the next
 *   connection is sent.
 * - {@link HoldStdin}: it is sent after the next connection. Beyond either limit it fails as with `reject`.
 */
export type StdinWhileDisconnected = "reject" | "drop" | HoldStdin;

/** `wait`: by back-pressure, for as long as it takes. For a source that is all of the input, of which nothing is read meanwhile. */
export type StdinPolicy = StdinWhileDisconnected | "wait";

/** Where stdin goes. */
export interface InputSink {
  /**
   * Resolves with true when the next frame may be sent: connected, and not too much under way. With false when there is no
   * connection, although there was one; with `overOutages` it waits for the next one instead. Rejects when the execution is over.
   */
  ready(overOutages: boolean): Promise<boolean>;
  send(bytes: Uint8Array): void;
  eof(): void;
  /** Bytes, over all cuts, that were sent and may not have arrived. */
  doubtful(): number;
  /** Bytes were dropped. */
  dropped(bytes: number): void;
}

export interface InputStreamOptions {
  /** What messages call it, e.g. `stdin of execution e1`. */
  readonly name: string;
  readonly policy: StdinPolicy;
  readonly clock: Pick<Clock, "now" | "after">;
}

export interface InputStream {
  readonly writable: WritableStream<Uint8Array>;
  /** Nothing can be written any more. */
  fail(error: unknown): void;
}

/** Stdin as a `WritableStream`, in frames below 64 KiB. What a write does while the connection is down is the policy's. */
export function createInputStream(sink: InputSink, options: InputStreamOptions): InputStream {
  const { name, policy } = options;
  let controller: WritableStreamDefaultController;
  const held =
    typeof policy === "object"
      ? createHeldInput(sink, policy, options.clock, (problem) => controller.error(disconnected(problem)))
      : null;

  function disconnected(problem: string): BoxLiteError {
    const message =
      `${name}: ${problem}. Nothing is sent again, for nobody acknowledges stdin. See the option stdinWhileDisconnected; ` +
      "the option stdin of exec() waits.";
    return new BoxLiteError("stdin_disconnected", message);
  }

  function failIfDoubtful(): void {
    const doubtful = sink.doubtful();
    if (policy !== "reject" || doubtful === 0) return;
    throw disconnected(`the connection was cut, and ${doubtful} bytes sent before may not have arrived`);
  }

  /** Sends what can be sent now, and returns the rest: what a cut has left. */
  async function sendAll(chunk: Uint8Array): Promise<Uint8Array | null> {
    for (let at = 0; at < chunk.length; at += MAX_STDIN_FRAME) {
      if (!(await sink.ready(policy === "wait"))) return chunk.subarray(at);
      failIfDoubtful();
      sink.send(chunk.subarray(at, at + MAX_STDIN_FRAME));
    }
    return null;
  }

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
      await held?.drained();
      const rest = await sendAll(chunk);
      if (rest === null) return;
      if (policy === "drop") sink.dropped(rest.length);
      else if (held === null)
        throw disconnected(`there is no connection, and ${rest.length} bytes were not sent`);
      else if (!held.add(rest))
        throw disconnected(`more than ${held.maxBytes} bytes were written without a connection`);
    },
    async close() {
      failIfDoubtful();
      await held?.flushed();
      sink.eof();
    },
    abort() {
      // The writer failed; the process must not wait for more.
      held?.clear();
      sink.eof();
    },
  });
  return {
    writable,
    fail(error) {
      held?.clear();
      controller.error(error);
    },
  };
}
