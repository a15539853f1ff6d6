import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { ArchiveError, BoxLiteError } from "../errors/index.ts";
import { plainPath } from "./entry-path.ts";

/** A file, directory or link that was downloaded. Its content is there until the next one is asked for. */
export interface DownloadEntry {
  /** Below what was downloaded: relative, with slashes, never out of it. "" for the directory itself. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "link" | (string & {});
  /** Bytes of the content. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly modified: Date;
  /** Where a link leads, as the box has it: it may be anywhere. */
  readonly linkTarget?: string;
  /** The content; empty for what is no file. What is not read is skipped. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** All of the content. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** All of the content, as UTF-8. */
  text(): Promise<string>;
}

/** What an archive belongs to. */
export interface ArchiveContext {
  /** For messages: what was downloaded. */
  readonly subject: string;
  /** What may have ended it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * The entries of a tar archive, as it comes.
 *
 * @throws ArchiveError for an archive that is broken, cut short, or has an entry that leads out of it.
 */
export async function* unpack(
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: ArchiveContext,
): AsyncGenerator<DownloadEntry, void, undefined> {
  const reader = archive.pipeThrough(createTarDecoder({ strict: true })).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const { entry, skip } = toEntry(value, context);
      yield entry;
      await skip();
    }
  } catch (error) {
    throw archiveFailure(error, context);
  } finally {
    // It is over, or nobody wants the rest.
    reader.cancel().catch(() => {});
  }
}

function toEntry({ header, body }: ParsedTarEntry, context: ArchiveContext) {
  const path = plainPath(header.name);
  if (path === undefined) {
    throw new ArchiveError(
      `${context.subject}: the archive has an entry ${JSON.stringify(header.name)}, which leads out of it. Nothing from there on was taken.`,
      { operation: "files.read" },
    );
  }
  // Its own types do not say what the bytes lie on.
  const source = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  const content = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          throw archiveFailure(error, context);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const entry: DownloadEntry = {
    path,
    type: header.type ?? "file",
    size: header.size,
    mode: (header.mode ?? 0) & 0o7777,
    modified: header.mtime ?? new Date(0),
    ...(header.linkname ? { linkTarget: header.linkname } : {}),
    body: content,
    bytes: async () => new Uint8Array(await new Response(content).arrayBuffer()),
    text: () => new Response(content).text(),
  };
  return { entry, skip: () => readOff(source) };
}

/**
 * Reads what is left of an entry. It is not cancelled: the library may be at the next entry already, and would then drop the content of
 * that one.
 */
async function readOff(source: ReadableStreamDefaultReader<unknown>): Promise<void> {
  let over = false;
  while (!over) over = (await source.read()).done;
}

/** The archive as it is, with an eye on its being whole: it ends with an error where it does not end as a tar archive does. */
export function verified(
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: ArchiveContext,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const decoder = createTarDecoder({ strict: true });
  const writer = decoder.writable.getWriter();
  const reader = archive.getReader();
  // What it holds is not of interest here.
  const skipped = skipEntries(decoder.readable.getReader());
  skipped.catch(() => {});
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            await writer.write(value);
            controller.enqueue(value);
            return;
          }
          await writer.close();
          await skipped;
          controller.close();
        } catch (error) {
          reader.cancel(error).catch(() => {});
          throw archiveFailure(error, context);
        }
      },
      async cancel(reason) {
        writer.abort(reason).catch(() => {});
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

async function skipEntries(entries: ReadableStreamDefaultReader<ParsedTarEntry>): Promise<void> {
  for (;;) {
    const { done, value } = await entries.read();
    if (done) return;
    await value.body.cancel();
  }
}

/** What the tar library says of an archive, as an error of this one. What a signal or the connection says stays. */
function archiveFailure(error: unknown, { subject, signal }: ArchiveContext): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof BoxLiteError || !(error instanceof Error)) return error;
  return new ArchiveError(
    `${subject}: the archive is broken or not whole (${error.message}). What was taken out of it is not complete: download it again.`,
    { cause: error, operation: "files.read" },
  );
}
