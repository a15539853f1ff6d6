import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Readable } from "node:stream";
import { packTar, type TarSource } from "modern-tar/fs";
import type { Box } from "../client/box.ts";
import { splitPath } from "../files/entry-path.ts";
import type { TransferOptions } from "../files/progress.ts";

/**
 * Uploads a file or directory of this machine, on Node, Deno and Bun. Permission bits, times, symbolic and hard links are kept.
 *
 * What is in a directory goes below `remote`, which is made where it is missing. A file becomes `remote`, or goes below it where that
 * ends in a slash.
 *
 * @throws What the file system says of a path that cannot be read (`code` is e.g. `ENOENT`); else as `box.files.upload()`.
 * @example
 * ```ts
 * import { uploadPath } from "boxlite-web/node";
 *
 * await uploadPath(box, "./src", "/app/src");
 * await uploadPath(box, "./package.json", "/app/");
 * ```
 */
export async function uploadPath(
  box: Pick<Box, "files">,
  local: string,
  remote: string,
  options: TransferOptions = {},
): Promise<void> {
  if ((await stat(local)).isDirectory()) {
    await box.files.upload(remote, archiveOf(local), options);
    return;
  }
  const place = splitPath(remote);
  const name = place?.name ?? basename(resolve(local));
  const file: TarSource = { type: "file", source: local, target: name };
  await box.files.upload(place?.directory ?? remote, archiveOf([file]), options);
}

/** Made as it is read; closes what it has opened when nobody reads it any more. */
function archiveOf(source: string | TarSource[]): ReadableStream<Uint8Array> {
  // The two types of the same stream differ in what a byte array may lie on.
  return Readable.toWeb(packTar(source as string)) as ReadableStream<Uint8Array>;
}
