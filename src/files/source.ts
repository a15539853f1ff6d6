import { checkedEntry, invalidUpload } from "./entry-check.ts";
import type { DirectoryHandleLike, FileHandleLike, HandleLike } from "./handles.ts";

/** A file, directory or symbolic link to be uploaded. */
export interface UploadEntry {
  /** Where it goes, below the destination: relative, with slashes. */
  readonly path: string;
  /** Default `file`. Directories of files need no entries of their own. */
  readonly type?: "file" | "directory" | "symlink" | undefined;
  /** What is in the file; text goes as UTF-8. A stream needs its `size`. Default: nothing. */
  readonly data?: string | Uint8Array | Blob | ReadableStream<Uint8Array> | undefined;
  /** Bytes of a stream: a tar archive says how long a file is before it comes. */
  readonly size?: number | undefined;
  /** Permission bits. Default 0o644 for files, 0o755 for directories. */
  readonly mode?: number | undefined;
  /** Default: now. */
  readonly modified?: Date | undefined;
  /** Where a symbolic link leads: relative, and below the destination. */
  readonly linkTarget?: string | undefined;
}

/**
 * What may be uploaded:
 *
 * - entries, also as they come;
 * - `File`s, e.g. of an `<input>`, one or many: they go by their name, or their place in the directory that was chosen;
 * - a directory or file of the File System API (`showDirectoryPicker()`, the origin's private one);
 * - a tar archive, as a stream, bytes or a `Blob`: it is sent as it is.
 */
export type UploadSource =
  | Iterable<UploadEntry>
  | AsyncIterable<UploadEntry>
  | File
  | Iterable<File>
  | DirectoryHandleLike
  | FileHandleLike
  | ReadableStream<Uint8Array>
  | Uint8Array
  | Blob;

/** Whether a source is an archive already. @throws InvalidRequestError for what is no source. */
export function isArchive(source: UploadSource): source is ReadableStream<Uint8Array> | Uint8Array | Blob {
  if (typeof source !== "object" || source === null) {
    throw invalidUpload(
      `${source === null ? "null" : `a ${typeof source}`} cannot be uploaded. writeFile() takes text.`,
    );
  }
  if (source instanceof ReadableStream || source instanceof Uint8Array) return true;
  return source instanceof Blob && !isFile(source);
}

/** The entries of a source that is no archive. @throws InvalidRequestError for one that would lead out of the destination. */
export async function* entriesOf(
  source: Exclude<UploadSource, ReadableStream | Uint8Array | Blob> | File,
): AsyncGenerator<UploadEntry, void, undefined> {
  if (isFile(source)) {
    yield fileEntry(source);
  } else if ("kind" in source) {
    if (source.kind === "file") yield fileEntry(await source.getFile());
    else yield* directoryEntries(source as ListedDirectory, "");
  } else {
    for await (const entry of source) yield isFile(entry) ? fileEntry(entry) : checkedEntry(entry);
  }
}

/** TypeScript before 6 knows of a directory's entries in a part of its own of the DOM's types only. */
interface ListedDirectory extends DirectoryHandleLike {
  entries(): AsyncIterable<[string, HandleLike]>;
}

async function* directoryEntries(
  directory: ListedDirectory,
  parent: string,
): AsyncGenerator<UploadEntry, void, undefined> {
  for await (const [name, handle] of directory.entries()) {
    const path = `${parent}${name}`;
    if (handle.kind === "file") {
      yield { ...fileEntry(await handle.getFile()), path };
    } else {
      yield { path, type: "directory" };
      yield* directoryEntries(handle as ListedDirectory, `${path}/`);
    }
  }
}

function fileEntry(file: File): UploadEntry {
  const path = file.webkitRelativePath || file.name;
  return checkedEntry({ path, data: file, modified: new Date(file.lastModified) });
}

function isFile(value: object): value is File {
  return value instanceof File;
}
