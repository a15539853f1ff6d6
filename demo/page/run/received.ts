import type { Received } from "../../verdict.ts";
import type { LineStore } from "../log/line-store.ts";

/** Hands on each piece of a stream as it comes, to its end. */
export async function receive(
  stream: ReadableStream<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onChunk(value);
  }
}

/** Measures what has been received. The browser digests only what it has as a whole: beyond what is kept, it is counted. */
export async function measure(store: LineStore): Promise<Received> {
  const { bytes, gone } = store;
  if (gone > 0) return { bytes, sha256: null };
  const whole = await new Blob(store.content()).arrayBuffer();
  return { bytes, sha256: hex(await crypto.subtle.digest("SHA-256", whole)) };
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
