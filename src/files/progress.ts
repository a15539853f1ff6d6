import { observed } from "../rest/observed.ts";

/** How far a transfer is. */
export interface Progress {
  /** Bytes that have passed, the archive's own headers included. */
  readonly bytes: number;
  /** Bytes there will be; absent where nobody knows. */
  readonly total?: number;
}

/** What every transfer takes. It may last as long as it likes, but ends with a TimeoutError if nothing moves for 5 minutes. */
export interface TransferOptions {
  /** Ends the transfer with the signal's reason, whichever side waits for the other. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each chunk that passes. In a page an upload is packed first, and sent as one: there it tells of the packing. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The body of an answer, and how far it is. */
export function observeProgress(
  response: Response,
  onProgress: TransferOptions["onProgress"],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const body = response.body ?? new Blob([]).stream();
  const length = response.headers.get("content-length");
  return reportProgress(body, onProgress, length === null ? undefined : Number(length));
}

/** A stream that tells how much of it has passed. */
export function reportProgress<T extends Uint8Array>(
  stream: ReadableStream<T>,
  onProgress: TransferOptions["onProgress"],
  total?: number,
): ReadableStream<T> {
  if (onProgress === undefined) return stream;
  let bytes = 0;
  return observed(stream, {
    moved(length) {
      bytes += length;
      onProgress(total === undefined ? { bytes } : { bytes, total });
    },
    ended() {},
    failed: (error) => error,
  });
}
