import type { Received } from "../verdict.ts";

/** The browser digests only what it has as a whole, so that it has to be kept; beyond this it is counted only. */
const KEPT = 64 * 1024 * 1024;

/** Reads a stream to its end, hands on each piece as it comes, and measures the whole. */
export async function receive(
  stream: ReadableStream<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<Received> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    onChunk(value);
    if (bytes <= KEPT) chunks.push(new Uint8Array(value));
    else chunks.length = 0;
  }
  if (bytes > KEPT) return { bytes, sha256: null };
  const whole = await new Blob(chunks).arrayBuffer();
  return { bytes, sha256: hex(await crypto.subtle.digest("SHA-256", whole)) };
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
