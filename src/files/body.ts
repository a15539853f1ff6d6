import type { CallBody } from "../rest/body.ts";
import type { TransferOptions } from "./progress.ts";

/** The body of a request, of a source. What can be read again can be sent again. */
export function bodyFrom(
  source: ReadableStream<Uint8Array> | Blob | Uint8Array,
  type: string,
  onProgress: TransferOptions["onProgress"],
): CallBody {
  if (source instanceof Uint8Array) return bodyFrom(new Blob([new Uint8Array(source)]), type, onProgress);
  const total = source instanceof Blob ? { total: source.size } : {};
  const onSent = onProgress && ((bytes: number) => onProgress({ bytes, ...total }));
  return { type, source, onSent };
}
