import type { Http } from "../rest/http.ts";
import type { Download } from "./download.ts";
import type { TransferOptions } from "./progress.ts";
import type { UploadSource } from "./source.ts";

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

/** What packs, unpacks and checks is loaded by those who use it. */
export function createFiles(http: Http, box: string): BoxFiles {
  const reading = () => import("./read.ts");
  const writing = () => import("./write.ts");
  return {
    upload: async (directory, source, options = {}) =>
      (await writing()).upload(http, box, directory, source, options),
    download: async (path, options = {}) => (await reading()).download(http, box, path, options),
    readFile: async (path, options = {}) => (await reading()).readFile(http, box, path, options),
    readTextFile: async (path, options = {}) => (await reading()).readTextFile(http, box, path, options),
    writeFile: async (path, data, options = {}) =>
      (await writing()).writeFile(http, box, path, data, options),
  };
}
