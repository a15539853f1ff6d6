import { observed } from "../rest/observed.ts";

/** How far a transfer is. */
export interface Progress {
  /** Bytes that have passed, the archive's own headers included. */
  readonly bytes: number;
  /** Bytes there will be; absent where nobody knows. */
  readonly total?: number;
}

/**
 * What every transfer takes. It may last as long as it likes, but ends with a TimeoutError if what it waits for, a chunk or an answer,
 * does not come for 5 minutes. (What a page uploads is sent by the browser, which tells nothing of it: there only `signal` ends that.)
 */
export interface TransferOptions {
  /** Ends the transfer with the signal's reason, whichever side waits for the other. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with each chunk that passes; what it throws ends the transfer. In a page an upload is packed first, and sent as one: there it
   * tells of the packing, and of all of it at once where there is nothing to pack.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The body of an answer, and how far it is. What `onProgress` throws ends it. */
export function observeProgress(
  response: Response,
  onProgress: TransferOptions["onProgress"],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const body = response.body ?? new Blob([]).stream();
  if (onProgress === undefined) return body;
  const total = totalOf(response.headers);
  let bytes = 0;
  return observed(body, {
    moved(length) {
      bytes += length;
      onProgress(total === undefined ? { bytes } : { bytes, total });
    },
  });
}

/** What is encoded for the way has another length than what comes of it. */
function totalOf(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? undefined : Number(length);
}
