import { realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Box } from "../client/box.ts";
import { splitPath } from "../files/entry-path.ts";
import type { TransferOptions } from "../files/progress.ts";
import { packTar, walk } from "../tar/pack.ts";

/**
 * Uploads a file or directory of this machine, on Node, Deno and Bun. Permission bits, times, symbolic and hard links are kept; sockets,
 * pipes and devices are left out.
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
  const stats = await stat(local);
  if (stats.isDirectory()) {
    await box.files.upload(remote, packTar(walk(local)), options);
    return;
  }
  const place = splitPath(remote);
  const name = place?.name ?? basename(resolve(local));
  const file = packTar([{ path: await realpath(local), name, stats }]);
  await box.files.upload(place?.directory ?? remote, file, options);
}
