import type { Http } from "../rest/http.ts";
import { orLetGo } from "../rest/let-go.ts";
import { bodyFrom } from "./body.ts";
import type { WriteFileOptions } from "./box-files.ts";
import { checkedEntry, invalidUpload } from "./entry-check.ts";
import { splitPath } from "./entry-path.ts";
import { pack } from "./pack.ts";
import type { TransferOptions } from "./progress.ts";
import { entriesOf, isArchive, type UploadEntry, type UploadSource } from "./source.ts";

export async function upload(
  http: Http,
  box: string,
  directory: string,
  source: UploadSource,
  options: TransferOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const archive = isArchive(source) ? source : pack(entriesOf(source));
  const body = bodyFrom(archive, "application/x-tar", onProgress);
  // Both say that the path is a directory, to the servers that would take a single file's archive for a file of that name.
  const query = { path: directory.endsWith("/") ? directory : `${directory}/`, source_is_dir: "true" };
  await orLetGo(archive, async () => {
    // It would be the root.
    if (directory === "") throw invalidUpload("the directory is empty. Name one, e.g. /app.");
    await http.upload({ operation: "files.write", params: { box }, query, body, signal });
  });
}

export async function writeFile(
  http: Http,
  box: string,
  path: string,
  data: UploadEntry["data"],
  { size, mode, ...options }: WriteFileOptions,
): Promise<void> {
  await orLetGo(data, async () => {
    const place = typeof path === "string" ? splitPath(path) : undefined;
    if (place === undefined)
      throw invalidUpload(`${JSON.stringify(path)} does not end in the name of a file.`);
    // Before anything is read of it: the packer begins when it is asked for the first bytes.
    const entry = checkedEntry({ path: place.name, data, size, mode });
    await upload(http, box, place.directory, [entry], options);
  });
}
