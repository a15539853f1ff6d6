import type { CallBody } from "../rest/call.ts";
import { reportProgress, type TransferOptions } from "./progress.ts";

/**
 * The body of a request, of a source. What can be read again can be sent again.
 *
 * Pages send a stream as a Blob: of the browsers only Chromium takes a stream, and only over HTTP/2. A Blob of that size is on the
 * disk, not in memory.
 */
export async function bodyFrom(
  source: ReadableStream<Uint8Array> | Blob | Uint8Array,
  type: string,
  onProgress: TransferOptions["onProgress"],
): Promise<CallBody> {
  if (!(source instanceof ReadableStream)) {
    const blob = source instanceof Blob ? source : new Blob([new Uint8Array(source)]);
    if (inPage()) return { type, create: () => blob, repeatable: true };
    const create = () => reportProgress(blob.stream(), onProgress, blob.size);
    return { type, create, repeatable: true };
  }
  const stream = reportProgress(source, onProgress);
  if (!inPage()) return { type, create: () => stream, repeatable: false };
  const blob = await new Response(stream).blob();
  return { type, create: () => blob, repeatable: true };
}

/** A document or a worker of one: they have a place, Node, Deno, Bun and workers on servers have none. */
function inPage(): boolean {
  return globalThis.location !== undefined;
}
