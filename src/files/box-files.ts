import { ArchiveError, InvalidRequestError, InvalidResponseError } from "../errors/index.ts";
import { orLetGo } from "../rest/body.ts";
import type { Http } from "../rest/http.ts";
import { bodyFrom } from "./body.ts";
import type { Download } from "./download.ts";
import { invalidUpload } from "./entry-check.ts";
import { splitPath } from "./entry-path.ts";
import { observeProgress, type Progress, type TransferOptions } from "./progress.ts";
import { entriesOf, isArchive, type UploadEntry, type UploadSource } from "./source.ts";
import type { DownloadEntry } from "./unpack.ts";

export interface WriteFileOptions extends TransferOptions {
  /** Bytes of a stream, which has to be told before it comes. */
  readonly size?: number | undefined;
  /** Permission bits. Default 0o644. */
  readonly mode?: number | undefined;
}

/**
 * The files of a box. They travel as tar archives, packed and unpacked as they go: no size is held in memory, but for what
 * `readFile()` gives.
 *
 * Paths are the box's, absolute. A box that does not run is started. Mounts, `/tmp` among them, cannot be reached this way
 * (ConflictError or ServerError); a command can.
 */
export interface BoxFiles {
  /**
   * Writes files below a directory of the box, which is made where it is missing. What is there under the same names is replaced.
   * An upload that fails may have written a part.
   *
   * @throws InvalidRequestError for an entry that leads out of the directory, or what the server does not take: a `boxlite serve` of
   * August takes 2 MiB (413).
   * @example
   * ```ts
   * await box.files.upload("/app", [
   *   { path: "main.sh", data: "echo hello", mode: 0o755 },
   *   { path: "data/empty", type: "directory" },
   * ]);
   * ```
   */
  upload(directory: string, source: UploadSource, options?: TransferOptions): Promise<void>;
  /**
   * Reads a file or a directory of the box.
   *
   * @throws NotFoundError if there is no such path.
   * @example
   * ```ts
   * await box.files.writeFile("/app/out/result.txt", "42");
   * for await (const entry of await box.files.download("/app/out")) {
   *   if (entry.type === "file") console.log(entry.path, await entry.text()); // result.txt 42
   * }
   * ```
   */
  download(path: string, options?: TransferOptions): Promise<Download>;
  /**
   * The content of one file, held in memory.
   *
   * @throws NotFoundError if there is no such file, InvalidRequestError if it is no file.
   */
  readFile(path: string, options?: TransferOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The content of one file as UTF-8, held in memory. */
  readTextFile(path: string, options?: TransferOptions): Promise<string>;
  /**
   * Writes one file, and the directories that it needs. It replaces one that is there; a write that fails may leave a part.
   *
   * @param data Text goes as UTF-8. A stream needs `size`.
   */
  writeFile(
    path: string,
    data: string | Uint8Array | Blob | ReadableStream<Uint8Array>,
    options?: WriteFileOptions,
  ): Promise<void>;
}

export function createFiles(http: Http, box: string): BoxFiles {
  const params = { box };

  async function upload(directory: string, source: UploadSource, options: TransferOptions): Promise<void> {
    const { signal, onProgress } = options;
    const archive = isArchive(source) ? source : await packed(source);
    const body = bodyFrom(archive, "application/x-tar", onProgress);
    // Both say that the path is a directory, to the servers that would take a single file's archive for a file of that name.
    const query = { path: directory.endsWith("/") ? directory : `${directory}/`, source_is_dir: "true" };
    await orLetGo(body, async () => {
      // It would be the root.
      if (directory === "") throw invalidUpload("the directory is empty. Name one, e.g. /app.");
      await http.upload({ operation: "files.write", params, query, body, signal });
    });
  }

  async function download(path: string, { signal, onProgress }: TransferOptions): Promise<Download> {
    const { createDownload } = await import("./download.ts");
    const query = { path };
    const accept = "application/x-tar";
    const response = await http.open({ operation: "files.read", params, query, accept, signal });
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

  /** Reads the one file that a path stands for. */
  async function readOne<T>(
    path: string,
    options: TransferOptions,
    read: (entry: DownloadEntry) => Promise<T>,
  ): Promise<T> {
    const archive = await download(path, options);
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

  return {
    upload: (directory, source, options = {}) => upload(directory, source, options),
    download: (path, options = {}) => download(path, options),
    readFile: (path, options = {}) => readOne(path, options, (entry) => entry.bytes()),
    readTextFile: (path, options = {}) => readOne(path, options, (entry) => entry.text()),
    async writeFile(path, data, { size, mode, ...options } = {}) {
      const place = splitPath(path);
      if (place === undefined) {
        throw invalidUpload(`${JSON.stringify(path)} does not end in the name of a file.`);
      }
      const entry: UploadEntry = { path: place.name, data, size, mode };
      await upload(place.directory, [entry], options);
    },
  };
}

async function packed(source: Parameters<typeof entriesOf>[0]): Promise<ReadableStream<Uint8Array>> {
  const { pack } = await import("./pack.ts");
  return pack(entriesOf(source));
}

function notAFile(path: string, box: string): InvalidRequestError {
  return new InvalidRequestError(
    "invalid_argument",
    `Read ${path} of box ${box}: it is not a file. Use files.download(), which takes directories, too.`,
    { operation: "files.read" },
  );
}
