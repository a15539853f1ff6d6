import { randomUUID } from "node:crypto";
import {
  chmod,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { TarHeader } from "modern-tar";
import { descend, entrySegments, staysWithin } from "./bounds.ts";

/** More than any archive is deep in; a flat one does not fill memory with them. */
const MAX_PLACES = 10_000;

/** A directory that entries of an archive are put into. */
export interface Placement {
  /**
   * @param content Of a file: its bytes, or the path where it was written already, on the same file system.
   * @throws Error when the entry leads out of the directory, or is nothing that can be put there.
   */
  place(header: TarHeader, content: ReadableStream<Uint8Array> | string): Promise<void>;
  /** To be called when all has been placed. @throws Error for a link that leads out after all; it is removed. */
  finish(): Promise<void>;
}

/**
 * @param foreignLinks Whether symbolic links may lead out of the directory. They are not followed there in any case.
 */
export async function placeInto(directory: string, foreignLinks: boolean): Promise<Placement> {
  await mkdir(directory, { recursive: true });
  const root = await realpath(directory);
  const directories: { path: string; header: TarHeader }[] = [];
  const symlinks: string[] = [];
  /** Where directories are, for most files are where the one before was. A link that is placed may lead one elsewhere. */
  const places = new Map<string, string>();

  async function placeOf(segments: readonly string[]): Promise<string> {
    const key = segments.join("/");
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = await descend(root, segments);
    if (places.size >= MAX_PLACES) places.clear();
    places.set(key, place);
    return place;
  }

  async function targetOf({ name }: TarHeader): Promise<string> {
    const segments = entrySegments(name);
    const last = segments.pop();
    if (last === undefined) throw new Error(`"${name}" is the destination itself`);
    return join(await placeOf(segments), last);
  }

  async function placeDirectory(header: TarHeader): Promise<void> {
    const segments = entrySegments(header.name);
    // The destination itself stays as it is.
    if (segments.length === 0) return;
    directories.push({ path: await placeOf(segments), header });
  }

  async function leadsOut(path: string, target: string): Promise<boolean> {
    return !foreignLinks && !(await staysWithin(root, dirname(path), target));
  }

  async function placeSymlink(header: TarHeader): Promise<void> {
    const path = await targetOf(header);
    const target = header.linkname ?? "";
    if (await leadsOut(path, target)) throw foreignLink(path, target);
    await replace(path, async (temporary) => {
      await symlink(target, temporary);
      if (header.mtime !== undefined) await lutimes(temporary, header.mtime, header.mtime);
    });
    symlinks.push(path);
    places.clear();
  }

  async function placeLink(header: TarHeader): Promise<void> {
    const path = await targetOf(header);
    const target = await targetOf({ name: header.linkname ?? "", size: 0 });
    // A second name for a symbolic link elsewhere would lead elsewhere.
    if (!(await lstat(target)).isFile()) throw new Error(`"${header.linkname}" is no file to link to`);
    if (await isSameFile(path, target)) return;
    await replace(path, (temporary) => link(target, temporary));
  }

  return {
    async place(header, content) {
      switch (header.type) {
        case "file":
          return replace(await targetOf(header), (temporary) =>
            typeof content === "string" ? rename(content, temporary) : writeEntry(temporary, header, content),
          );
        case "directory":
          return placeDirectory(header);
        case "symlink":
          return placeSymlink(header);
        case "link":
          return placeLink(header);
        default:
          throw new Error(
            `"${header.name}" is a ${header.type}: only files, directories and links can be extracted`,
          );
      }
    },
    async finish() {
      for (const path of symlinks) {
        const target = await readlink(path).catch(() => undefined);
        // Replaced by something else meanwhile.
        if (target === undefined || !(await leadsOut(path, target))) continue;
        await rm(path);
        throw foreignLink(path, target);
      }
      // Last and from below, for a directory may forbid to write into it, and what is put into it changes its time.
      for (const { path, header } of directories.reverse()) {
        if (header.mtime !== undefined) await utimes(path, header.mtime, header.mtime);
        if (header.mode !== undefined) await chmod(path, header.mode & 0o777);
      }
    },
  };
}

/** Whether two names are of one file already: a rename between them would do nothing, and leave both. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => lstat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

function foreignLink(path: string, target: string): Error {
  return new Error(`the link "${basename(path)}" to "${target}" leads out of the destination`);
}

/** Writes the file of an entry, which must not exist. What has been written stays when that fails. */
export async function writeEntry(
  path: string,
  header: TarHeader,
  body: ReadableStream<Uint8Array>,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(body);
    if (header.mode !== undefined) await file.chmod(header.mode & 0o777);
    if (header.mtime !== undefined) await file.utimes(header.mtime, header.mtime);
  } finally {
    await file.close();
  }
}

/** A name beside a file, for what is to become it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.boxlite-${randomUUID()}`);
}

/** Makes something under another name first: what is broken off in the middle never has the name of the whole. */
async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
