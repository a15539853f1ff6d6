import { ArchiveError, InvalidRequestError, InvalidResponseError } from "../errors/index.ts";
import type { Http } from "../rest/http.ts";
import { createDownload, type Download } from "./download.ts";
import { splitPath } from "./entry-path.ts";
import { observeProgress, type Progress, type TransferOptions } from "./progress.ts";
import type { DownloadEntry } from "./unpack.ts";

export async function download(
  http: Http,
  box: string,
  path: string,
  { signal, onProgress }: TransferOptions,
): Promise<Download> {
  const query = { path };
  const accept = "application/x-tar";
  const response = await http.open({ operation: "files.read", params: { box }, query, accept, signal });
  const type = response.headers.get("content-type") ?? "";
  if (/^(text\/html|application\/json)\b/i.test(type)) {
    await response.body?.cancel();
    throw new InvalidResponseError(
      `Download ${path} from box ${box}: the server answered with ${type}, not with an archive. Check baseUrl.`,
      { status: response.status, operation: "files.read" },
    );
  }
  const shape = response.headers.get("x-boxlite-source-is-dir");
  const isDirectory = shape === "true" ? true : shape === "false" ? false : undefined;
  const subject = `Download ${path} from box ${box}`;
  let thrown: { readonly reason: unknown } | undefined;
  const watched = (progress: Progress) => {
    try {
      onProgress?.(progress);
    } catch (reason) {
      thrown = { reason };
      throw reason;
    }
  };
  const interrupted = () => (signal?.aborted ? { reason: signal.reason } : thrown);
  const source = observeProgress(response, onProgress && watched);
  return createDownload(source, isDirectory, { subject, interrupted });
}

export function readFile(http: Http, box: string, path: string, options: TransferOptions) {
  return readOne(http, box, path, options, (entry) => entry.bytes());
}

export function readTextFile(http: Http, box: string, path: string, options: TransferOptions) {
  return readOne(http, box, path, options, (entry) => entry.text());
}

/** Reads the one file that a path stands for. */
async function readOne<T>(
  http: Http,
  box: string,
  path: string,
  options: TransferOptions,
  read: (entry: DownloadEntry) => Promise<T>,
): Promise<T> {
  const archive = await download(http, box, path, options);
  if (archive.isDirectory === true) {
    await archive.cancel();
    throw notAFile(path, box);
  }
  let content: { readonly value: T } | undefined;
  for await (const entry of archive) {
    if (entry.type === "directory") continue;
    // Where the server does not say, more than one file is a directory's, and so is one of another name.
    const named = archive.isDirectory === false || splitPath(entry.path)?.name === splitPath(path)?.name;
    if (entry.type !== "file" || content !== undefined || !named) throw notAFile(path, box);
    content = { value: await read(entry) };
  }
  if (content !== undefined) return content.value;
  throw new ArchiveError(`Read ${path} of box ${box}: the archive has no file in it.`, {
    operation: "files.read",
  });
}

function notAFile(path: string, box: string): InvalidRequestError {
  return new InvalidRequestError(
    "invalid_argument",
    `Read ${path} of box ${box}: it is not a file. Use files.download(), which takes directories, too.`,
    { operation: "files.read" },
  );
}
