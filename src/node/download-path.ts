import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Box } from "../client/box.ts";
import { ArchiveError, BoxLiteError } from "../errors/index.ts";
import type { TransferOptions } from "../files/progress.ts";
import type { DownloadEntry } from "../files/unpack.ts";
import { extract, type TarEntry } from "../tar/extract.ts";

/**
 * Downloads a file or directory of a box to this machine, on Node, Deno and Bun. Permission bits, times and links are kept; what is
 * there under the same names is replaced. A file has its name when it is complete, a single one when the whole archive is.
 *
 * What is in a directory goes below `local`, which is made where it is missing. A file becomes `local`, or goes below it where that is a
 * directory or ends in a slash. Of a server of August, which does not say which of the two it is, one file alone is taken for a file.
 *
 * @throws ArchiveError for an archive that is not whole, or has an entry or a link that leads out of `local`; what was complete before it
 * stays. What the file system says of a path that cannot be written (`code` is e.g. `EACCES`). Else as `box.files.download()`.
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
  const subject = `Download ${remote} to ${local}`;
  const download = await box.files.download(remote, options);
  try {
    const directory = download.isDirectory === true || (await isDirectory(local));
    const as = directory ? "directory" : download.isDirectory === false ? "file" : "either";
    await extract(tarEntries(download), { path: resolve(local), as });
  } catch (error) {
    throw failure(error, subject);
  } finally {
    await download.cancel();
  }
}

async function isDirectory(local: string): Promise<boolean> {
  if (/[/\\]$/.test(local)) return true;
  return (await stat(local).catch(() => undefined))?.isDirectory() === true;
}

async function* tarEntries(entries: AsyncIterable<DownloadEntry>): AsyncGenerator<TarEntry, void, undefined> {
  for await (const { path, type, size, mode, modified, linkTarget, body } of entries) {
    const header = { name: path, type: type as NonNullable<TarEntry["header"]["type"]>, size, mode };
    yield { header: { ...header, mtime: modified, ...(linkTarget && { linkname: linkTarget }) }, body };
  }
}

/** The file system's errors have a code; those of entries that may not be written have none. */
function failure(error: unknown, subject: string): unknown {
  if (error instanceof BoxLiteError || !(error instanceof Error) || "code" in error) return error;
  if (error.name === "AbortError" || error.name === "TimeoutError") return error;
  return new ArchiveError(`${subject}: ${error.message}. What was complete before it has been written.`, {
    cause: error,
    operation: "files.read",
  });
}
