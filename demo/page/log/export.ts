import { create } from "../dom.ts";
import type { LineStore } from "./line-store.ts";
import { plainText } from "./line-text.ts";

/** Bytes. Clipboards take more, but those who paste it do not. */
const MAX_COPY = 16 * 1024 * 1024;

/** Copies all that is kept, as text without its colours. */
export async function copyText(store: LineStore): Promise<void> {
  const kept = store.bytes - store.gone;
  if (kept > MAX_COPY) throw new Error("too much to copy: download it");
  await navigator.clipboard.writeText(plainText(store.read(store.gone, store.bytes)));
}

/** Saves all that is kept, byte by byte as it came. */
export function download(store: LineStore, fileName: string): void {
  const url = URL.createObjectURL(new Blob(store.content(), { type: "application/octet-stream" }));
  create("a", { href: url, download: fileName }).click();
  // By then the browser has begun to save it, which keeps the blob.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
