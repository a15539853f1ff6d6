import { pageLocation } from "./page.ts";

/** A body that is not JSON. */
export interface CallBody {
  /** `Content-Type`. */
  readonly type: string;
  /** A Blob can be sent again, a stream cannot. */
  readonly source: Blob | ReadableStream<Uint8Array>;
  /** Told of what has been sent so far, in bytes; from the beginning if it is sent again. What it throws ends the call. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** Whether a request with such a body may be sent again. */
export function isRepeatable(body: CallBody | undefined): boolean {
  return body === undefined || body.source instanceof Blob;
}

/**
 * Whether a stream has to be packed into a Blob to be sent: in pages, for of the browsers only Chromium takes a stream, and only over
 * HTTP/2. A Blob of that size is on the disk, not in memory.
 */
export function packsStreams(): boolean {
  return pageLocation() !== undefined;
}
