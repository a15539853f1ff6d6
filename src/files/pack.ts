import { createTarPacker, type TarHeader } from "modern-tar";
import { BoxLiteError, InvalidRequestError } from "../errors/index.ts";
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
  const data = typeof entry.data === "string" ? new TextEncoder().encode(entry.data) : entry.data;
  const body = open(toHeader(entry, data));
  try {
    await fillIn(body, entry, data);
  } catch (error) {
    if (error instanceof BoxLiteError) throw error;
    throw new InvalidRequestError(
      "invalid_argument",
      `Upload: ${entry.path} could not be packed (${error}).`,
      {
        cause: error,
        operation: "files.write",
      },
    );
  }
}

type Data = Exclude<UploadEntry["data"], string>;

async function fillIn(body: WritableStream<Uint8Array>, { type }: UploadEntry, data: Data): Promise<void> {
  const empty = data === undefined || (type !== undefined && type !== "file");
  if (empty) return body.close();
  if (data instanceof ReadableStream) return data.pipeTo(body);
  if (data instanceof Blob) return data.stream().pipeTo(body);
  const writer = body.getWriter();
  await writer.write(data);
  await writer.close();
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
