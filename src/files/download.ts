import { ArchiveError } from "../errors/index.ts";
import { saveInto } from "./directory-handle.ts";
import type { DirectoryHandleLike } from "./handles.ts";
import { type ArchiveContext, type DownloadEntry, unpack, verified } from "./unpack.ts";

/**
 * Files on their way out of a box. It is used once, in one of its ways, and then over; one that nobody wants is cancelled:
 *
 * - `for await (const entry of download)`: its files, directories and links as they come;
 * - `archive`: the tar archive as it is;
 * - `saveTo(directory)`: into a directory of the File System API.
 *
 * Each ends with an ArchiveError where the archive is not whole, or has an entry that leads out of it.
 */
export interface Download extends AsyncIterable<DownloadEntry> {
  /** Whether the path is a directory. Absent where the server does not say: those of August. */
  readonly isDirectory?: boolean;
  readonly archive: ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Writes everything below a directory, over what is there.
   *
   * @throws ArchiveError also for a link: such a directory cannot hold one.
   */
  saveTo(directory: DirectoryHandleLike): Promise<void>;
  /** Ends it. What uses it fails with an `AbortError`. */
  cancel(): Promise<void>;
}

export function createDownload(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  isDirectory: boolean | undefined,
  given: ArchiveContext,
): Download {
  const cancelled = new AbortController();
  const stop = cancelled.signal;
  const { subject } = given;
  const interrupted = () => (stop.aborted ? { reason: stop.reason } : given.interrupted());
  const context = { subject, interrupted };
  let archive: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  let used = false;

  async function* entries(): AsyncGenerator<DownloadEntry, void, undefined> {
    yield* unpack(taken(), context, stop);
  }

  /** @throws ArchiveError when it is used for the second time, or what it was cancelled with. */
  function taken(): ReadableStream<Uint8Array<ArrayBuffer>> {
    stop.throwIfAborted();
    if (!used) {
      used = true;
      return source;
    }
    throw new ArchiveError(`${subject}: this download is used already. Download it again.`, {
      operation: "files.read",
    });
  }

  return {
    ...(isDirectory === undefined ? {} : { isDirectory }),
    get archive() {
      archive ??= verified(taken(), context, stop);
      return archive;
    },
    saveTo: (directory) => saveInto(directory, entries(), context),
    [Symbol.asyncIterator]: entries,
    async cancel() {
      const unused = !used;
      used = true;
      cancelled.abort(new DOMException(`${subject}: it was cancelled.`, "AbortError"));
      if (unused) await source.cancel(stop.reason);
    },
  };
}
