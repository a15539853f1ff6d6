import type { ParsedTarEntry } from "modern-tar";
import { extractInto, readTar } from "../tar/extract.ts";
import { packTar, walk } from "../tar/pack.ts";
import { type BoxRequest, parseBoxRequest } from "./bodies.ts";
import type { Box } from "./boxes.ts";

/** The entry that comes first: what the box was created with. */
const REQUEST_NAME = "box.json";
const REQUEST_LIMIT = 1024 * 1024;

/** The box as an archive: its request, then what is in its directory. */
export function packBox({ request, directory }: Box): ReadableStream<Uint8Array> {
  const { image, cpus, memoryMib, env, autoStop, autoDelete, autoResume } = request;
  const archived = {
    image,
    cpus,
    memory_mib: memoryMib,
    env,
    auto_stop: autoStop,
    auto_delete: autoDelete,
    auto_resume: autoResume,
  };
  return packTar(walk(directory), { name: REQUEST_NAME, content: Buffer.from(JSON.stringify(archived)) });
}

/**
 * Fills a directory with what is in the archive of a box, and resolves with the box's request, checked as if it had come
 * by itself. Symbolic links may lead out, as a command in the box may make them.
 *
 * @throws Error when it is no such archive.
 */
export function unpackBox(archive: ReadableStream<Uint8Array>, directory: string): Promise<BoxRequest> {
  return readTar(archive, async (entries) => {
    const reader = entries.getReader();
    const { value: first } = await reader.read();
    reader.releaseLock();
    const request = await readRequest(first);
    await extractInto(entries, directory, true);
    return request;
  });
}

async function readRequest(entry: ParsedTarEntry | undefined): Promise<BoxRequest> {
  if (entry?.header.name !== REQUEST_NAME) throw new Error(`the first entry is not ${REQUEST_NAME}`);
  if (entry.header.size > REQUEST_LIMIT) throw new Error(`${REQUEST_NAME} is too large`);
  const value: unknown = await new Response(entry.body).json();
  if (typeof value === "object" && value !== null && "rootfs_path" in value) {
    throw new Error("rootfs_path names a path of the server");
  }
  return parseBoxRequest(value, "serve");
}
