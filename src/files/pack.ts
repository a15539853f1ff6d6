import { createTarPacker, type TarHeader } from "modern-tar";
import { invalidUpload } from "./entry-check.ts";
import type { UploadEntry } from "./source.ts";

/** A tar archive of entries, made as it is read. What it reads from is closed with it. */
export function pack(entries: AsyncIterable<UploadEntry>): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const fill = async () => {
    for await (const entry of entries) await add(controller.add, entry);
    controller.finalize();
  };
  fill().catch((error: unknown) => controller.error(error));
  return readable;
}

async function add(
  open: (header: TarHeader) => WritableStream<Uint8Array>,
  entry: UploadEntry,
): Promise<void> {
  const { type = "file" } = entry;
  const data = typeof entry.data === "string" ? new TextEncoder().encode(entry.data) : entry.data;
  const body = open(toHeader(entry, data));
  if (type !== "file" || data === undefined) return body.close();
  if (data instanceof ReadableStream) return data.pipeThrough(sized(entry)).pipeTo(body);
  if (data instanceof Blob) return data.stream().pipeTo(body);
  const writer = body.getWriter();
  await writer.write(data);
  await writer.close();
}

type Data = Exclude<UploadEntry["data"], string>;

/** Passes on as many bytes as were announced. */
function sized({ path, size = 0 }: UploadEntry): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  const differs = (than: string) =>
    invalidUpload(`the stream for ${path} has ${than} than the ${size} bytes that were announced.`);
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > size) throw differs("more");
      controller.enqueue(chunk);
    },
    flush() {
      if (bytes < size) throw differs("fewer");
    },
  });
}

function toHeader(entry: UploadEntry, data: Data): TarHeader {
  const { type = "file", path, mode, modified, linkTarget } = entry;
  const name = type === "directory" ? `${path}/` : path;
  const header: TarHeader = { name, type, size: type === "file" ? sizeOf(entry, data) : 0 };
  if (mode !== undefined) header.mode = mode;
  if (modified !== undefined) header.mtime = modified;
  if (type === "symlink" && linkTarget !== undefined) header.linkname = linkTarget;
  return header;
}

function sizeOf({ size = 0 }: UploadEntry, data: Data): number {
  if (data instanceof Blob) return data.size;
  return data instanceof Uint8Array ? data.byteLength : size;
}
