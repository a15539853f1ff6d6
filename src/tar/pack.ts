import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { createTarPacker, type TarHeader, type TarPackController } from "modern-tar";

/** A file, a directory or a symbolic link of this machine, and what it is called in an archive. */
export interface Packable {
  readonly path: string;
  /** A directory's has no slash at its end. */
  readonly name: string;
  readonly stats: Stats;
}

/** What is read of a file at once. */
const READ_BYTES = 64 * 1024;

/** All that is below a directory, each directory before what is in it. Sockets, pipes and devices are left out. */
export async function* walk(directory: string, prefix = ""): AsyncGenerator<Packable> {
  const children = await readdir(directory);
  for (const child of children.sort()) {
    const path = join(directory, child);
    const name = prefix + child;
    const stats = await lstat(path);
    if (stats.isDirectory()) {
      yield { path, name, stats };
      yield* walk(path, `${name}/`);
    } else if (stats.isFile() || stats.isSymbolicLink()) {
      yield { path, name, stats };
    }
  }
}

/**
 * Packs as fast as it is read: a few MiB are ahead of the reader, whatever the size. The stream fails when something
 * cannot be read, or a file has become shorter than it was found. Cancelling it closes what is open.
 *
 * @param lead An entry of its own before the others.
 */
export function packTar(
  found: AsyncIterable<Packable> | Iterable<Packable>,
  lead?: { readonly name: string; readonly content: Uint8Array },
): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  async function pack(): Promise<void> {
    if (lead !== undefined) {
      const writer = controller.add({ name: lead.name, size: lead.content.length }).getWriter();
      await writer.write(lead.content);
      await writer.close();
    }
    const firstNames = new Map<string, string>();
    for await (const each of found) await add(controller, each, firstNames);
    controller.finalize();
  }
  pack().catch((error: unknown) => controller.error(error));
  return readable;
}

async function add(
  controller: TarPackController,
  { path, name, stats }: Packable,
  firstNames: Map<string, string>,
): Promise<void> {
  const header: TarHeader = { name, size: 0, mode: stats.mode & 0o7777, mtime: stats.mtime };
  if (stats.isDirectory()) {
    await controller.add({ ...header, name: `${name}/`, type: "directory" }).close();
    return;
  }
  if (stats.isSymbolicLink()) {
    await controller.add({ ...header, type: "symlink", linkname: await readlink(path) }).close();
    return;
  }
  const inode = `${stats.dev}:${stats.ino}`;
  const firstName = firstNames.get(inode);
  if (firstName !== undefined) {
    await controller.add({ ...header, type: "link", linkname: firstName }).close();
    return;
  }
  if (stats.nlink > 1) firstNames.set(inode, name);
  await addFile(controller, path, { ...header, type: "file", size: stats.size });
}

async function addFile(controller: TarPackController, path: string, header: TarHeader): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const writer = controller.add(header).getWriter();
    for (let left = header.size; left > 0; ) {
      // The packer keeps what it is given until it is read: each chunk needs memory of its own.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(left, READ_BYTES)));
      if (bytesRead === 0) throw new Error(`${path} has become shorter while it was read`);
      await writer.write(buffer.subarray(0, bytesRead));
      left -= bytesRead;
    }
    await writer.close();
  } finally {
    await file.close();
  }
}
