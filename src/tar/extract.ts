import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createTarDecoder, type ParsedTarEntry, type TarHeader } from "modern-tar";
import { entrySegments } from "./bounds.ts";
import { type Placement, placeInto, temporaryBeside, writeEntry } from "./place.ts";

/**
 * Hands over the entries of an archive as they come. Each must be read or cancelled before the next. When the function
 * has ended, what it has left of the archive is cancelled.
 *
 * @throws Error when the archive is broken or ends too early, from the entries too.
 */
export async function readTar<T>(
  archive: ReadableStream<Uint8Array>,
  read: (entries: ReadableStream<ParsedTarEntry>) => Promise<T>,
): Promise<T> {
  const stopped = new AbortController();
  const entries = archive.pipeThrough(createTarDecoder({ strict: true }), { signal: stopped.signal });
  try {
    return await read(entries);
  } finally {
    stopped.abort();
  }
}

/** An entry, whose body must be read or cancelled before the next. */
export interface TarEntry {
  readonly header: TarHeader;
  readonly body: ReadableStream<Uint8Array>;
}

export interface Destination {
  readonly path: string;
  /**
   * What the archive is to become: the content of a directory, or one file. With "either", an archive of one regular
   * file becomes that file, and any other the content of a directory.
   */
  readonly as: "directory" | "file" | "either";
}

/**
 * Extracts entries as they come. A file has its name when it is complete, and a single file when the archive is.
 *
 * @throws Error for an entry that leads out of the destination, and what the file system refuses. Files that were
 * complete are kept.
 */
export async function extract(entries: AsyncIterable<TarEntry>, { path, as }: Destination): Promise<void> {
  if (as === "directory") {
    await extractInto(entries, path);
    return;
  }
  const spooled = temporaryBeside(path);
  // Directories and at most one file, as long as another file may follow.
  let held: TarHeader[] = [];
  let spooling = false;
  let placement: Placement | undefined;

  async function asDirectory(): Promise<Placement> {
    const into = await placeInto(path, false);
    for (const header of held) await into.place(header, spooled);
    held = [];
    return into;
  }

  await mkdir(dirname(path), { recursive: true });
  try {
    for await (const { header, body } of entries) {
      entrySegments(header.name);
      if (placement !== undefined) {
        await placement.place(header, body);
      } else if (header.type === "directory") {
        held.push(header);
      } else if (header.type === "file" && !spooling) {
        spooling = true;
        held.push(header);
        await writeEntry(spooled, header, body);
      } else if (as === "file") {
        throw new Error(`"${header.name}" is too much: one regular file was announced`);
      } else {
        placement = await asDirectory();
        await placement.place(header, body);
      }
    }
    if (placement === undefined && spooling) return await rename(spooled, path);
    if (as === "file") throw new Error("the archive has no file, and one was announced");
    placement ??= await asDirectory();
    await placement.finish();
  } finally {
    await rm(spooled, { force: true });
  }
}

/** @param foreignLinks Whether symbolic links may lead out of the directory. Default false. */
export async function extractInto(
  entries: AsyncIterable<TarEntry>,
  directory: string,
  foreignLinks = false,
): Promise<void> {
  const placement = await placeInto(directory, foreignLinks);
  for await (const { header, body } of entries) await placement.place(header, body);
  await placement.finish();
}
