import { lstat, mkdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, sep } from "node:path";

/** The links that the kernel follows in one path. */
const MAX_LINKS = 40;

/**
 * The names on the way to an entry.
 *
 * @param separator This system's.
 * @throws Error when they lead out of the directory that it is extracted to, or mean something else on this system than where the archive
 * comes from.
 */
export function entrySegments(name: string, separator: string = sep): string[] {
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (name.startsWith("/") || segments.includes("..") || name.includes("\0")) {
    throw new Error(`"${name}" is outside the destination`);
  }
  if (isOfWindows(name, separator)) throw new Error(`"${name}" is no name that this system can have`);
  return segments;
}

/** Whether a path has what only Windows gives a meaning to: a drive, a stream of a file, another separator. */
function isOfWindows(path: string, separator: string): boolean {
  return separator === "\\" && /[\\:]/.test(path);
}

/**
 * Goes down from a directory, makes what is missing, and resolves with where that is without symbolic links.
 *
 * @param root Without symbolic links itself.
 * @throws Error when a symbolic link on the way leads out, or something on the way is no directory.
 */
export async function descend(root: string, segments: readonly string[]): Promise<string> {
  let current = root;
  for (const segment of segments) {
    const next = join(current, segment);
    const stats = await lstat(next).catch(ignoreMissing);
    if (stats === undefined) await mkdir(next);
    current = stats?.isSymbolicLink() ? await realpath(next) : next;
    if (!isWithin(root, current)) throw new Error(`"${segments.join("/")}" is outside the destination`);
    if (!(await stat(current)).isDirectory())
      throw new Error(`"${segments.join("/")}" has a file on its way`);
  }
  return current;
}

/**
 * Whether a symbolic link leads to something below the root. What does not exist is taken by its name, so that a link
 * can come before what it points to: what comes later may lead it elsewhere, and it must be asked about again.
 */
export async function staysWithin(root: string, directory: string, target: string): Promise<boolean> {
  if (isOfWindows(target, sep)) return false;
  let current = isAbsolute(target) ? sep : directory;
  const pending = target.split("/");
  let followed = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === "..") {
      current = dirname(current);
      continue;
    }
    const next = join(current, part);
    const link = await readlink(next).catch(() => undefined);
    if (link === undefined) {
      current = next;
      continue;
    }
    followed += 1;
    if (followed > MAX_LINKS) return false;
    pending.unshift(...link.split("/"));
    if (isAbsolute(link)) current = sep;
  }
  return isWithin(root, current);
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
