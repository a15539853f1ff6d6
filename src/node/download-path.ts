import { mkdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { TarHeader } from "modern-tar";
import { unpackTar } from "modern-tar/fs";
import type { Box } from "../client/box.ts";
import { ArchiveError, BoxLiteError } from "../errors/index.ts";
import { plainPath, splitPath, staysInside } from "../files/entry-path.ts";
import type { TransferOptions } from "../files/progress.ts";

/**
 * Downloads a file or directory of a box to this machine, on Node, Deno and Bun. Permission bits, times and links are kept; what is
 * there under the same names is replaced.
 *
 * What is in a directory goes below `local`, which is made where it is missing. A file becomes `local`, or goes below it where that is a
 * directory or ends in a slash; a server of August does not say which of the two it is, and then `local` is a directory.
 *
 * @throws ArchiveError for an archive that is not whole, or has an entry or a link that leads out of `local`; what came before it has
 * been written. What the file system says of a path that cannot be written. Else as `box.files.download()`.
 * @example
 * ```ts
 * import { downloadPath } from "boxlite-web/node";
 *
 * await downloadPath(box, "/app/out", "./out");
 * ```
 */
export async function downloadPath(
  box: Pick<Box, "files">,
  remote: string,
  local: string,
  options: TransferOptions = {},
): Promise<void> {
  const download = await box.files.download(remote, options);
  const file = download.isDirectory === false && !(await isDirectory(local));
  const root = file ? dirname(local) : local;
  const name = file ? basename(local) : undefined;
  const subject = `Download ${remote} to ${local}`;
  await mkdir(root, { recursive: true });
  const source = Readable.fromWeb(download.archive as NodeReadableStream<Uint8Array>);
  const sink = unpackTar(root, {
    strict: true,
    filter: (header) => isInside(header, subject),
    map: (header) => (name === undefined ? header : { ...header, name }),
  });
  try {
    await pipeline(source, sink);
  } catch (error) {
    throw failure(error, subject, options.signal);
  }
}

async function isDirectory(local: string): Promise<boolean> {
  if (splitPath(local.replaceAll("\\", "/")) === undefined) return true;
  const found = await stat(local).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** @throws ArchiveError for an entry that leads out of the destination. The library takes a slash off instead. */
function isInside({ name, type, linkname = "" }: TarHeader, subject: string): boolean {
  const path = plainPath(name);
  const inside =
    path !== undefined &&
    (type !== "symlink" || staysInside(path, linkname)) &&
    (type !== "link" || plainPath(linkname) !== undefined);
  if (inside) return true;
  const leads = type === "symlink" || type === "link" ? `${name}, a link to ${linkname},` : `${name},`;
  throw new ArchiveError(`${subject}: the archive has an entry ${leads} which leads out of it.`, {
    operation: "files.read",
  });
}

/** The file system's errors have a code, the archive's none. */
function failure(error: unknown, subject: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof BoxLiteError || !(error instanceof Error) || "code" in error) return error;
  return new ArchiveError(
    `${subject}: the archive is broken or not whole (${error.message}). What was written is not complete: download it again.`,
    { cause: error, operation: "files.read" },
  );
}
