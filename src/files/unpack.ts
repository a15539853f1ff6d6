import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { ArchiveError, BoxLiteError } from "../errors/index.ts";
import { controllerBehind } from "../rest/deadline.ts";
import { plainPath } from "./entry-path.ts";

/** A file, directory or link that was downloaded. Its content is there until the next one is asked for, or the loop is left. */
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
  /** What has ended it from outside, if anything has: an abort, a cancel, what `onProgress` threw. */
  interrupted(): { readonly reason: unknown } | undefined;
}

/**
 * The entries of a tar archive, as it comes.
 *
 * @param stop Ends it.
 * @throws ArchiveError for an archive that is broken, cut short, or has an entry that leads out of it.
 */
export async function* unpack(
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: ArchiveContext,
  stop: AbortSignal,
): AsyncGenerator<DownloadEntry, void, undefined> {
  const { controller, release } = controllerBehind(stop);
  const decoder = createTarDecoder({ strict: true });
  const reader = archive.pipeThrough(decoder, { signal: controller.signal }).getReader();
  let current: ReturnType<typeof toEntry> | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      current = toEntry(value, context);
      yield current.entry;
      await current.skip();
    }
  } catch (error) {
    throw archiveFailure(error, context);
  } finally {
    current?.over();
    // It is over, or nobody wants the rest. Cancelling the reader would not reach the connection before the next chunk comes.
    controller.abort();
    release();
  }
}

function toEntry({ header, body }: ParsedTarEntry, context: ArchiveContext) {
  const path = safePath(header.name, context);
  const { size, type = "file" } = header;
  // Its own types do not say what the bytes lie on.
  const source = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  let left = type === "file" ? size : Number.POSITIVE_INFINITY;
  let fail = (): void => {};
  const content = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        fail = () => controller.error(tooLate(path, context));
        if (size === 0) controller.close();
      },
      async pull(controller) {
        const chunk = await source.read().catch((error: unknown) => {
          throw archiveFailure(error, context);
        });
        if (chunk.done && Number.isFinite(left) && left > 0) throw tooLate(path, context);
        if (chunk.done) {
          controller.close();
          return;
        }
        left -= chunk.value.length;
        // Nothing, once it is over: the stream has failed, and what is read off is nobody's.
        if (controller.desiredSize === null) return;
        controller.enqueue(chunk.value);
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const entry: DownloadEntry = {
    path,
    type,
    size,
    mode: (header.mode ?? 0) & 0o7777,
    modified: header.mtime ?? new Date(0),
    ...(header.linkname ? { linkTarget: header.linkname } : {}),
    body: content,
    bytes: async () => new Uint8Array(await new Response(content).arrayBuffer()),
    text: () => new Response(content).text(),
  };
  return {
    entry,
    /** Its content is gone for whoever has not read it. */
    over: () => fail(),
    async skip() {
      fail();
      await readOff(source);
    },
  };
}

/** The next entry is read from where this one's content was. */
function tooLate(path: string, { subject }: ArchiveContext): ArchiveError {
  return new ArchiveError(
    `${subject}: the content of ${path} was not read before the next entry was asked for, or the loop was left, and is gone. Await it within the loop.`,
    { operation: "files.read" },
  );
}

function safePath(name: string, { subject }: ArchiveContext): string {
  const path = plainPath(name);
  if (path !== undefined) return path;
  throw new ArchiveError(
    `${subject}: the archive has an entry ${JSON.stringify(name)}, which leads out of it. Nothing from there on was taken.`,
    { operation: "files.read" },
  );
}

/**
 * Reads what is left of an entry. It is not cancelled: the library may be at the next entry already, and would then drop the content of
 * that one.
 */
async function readOff(source: ReadableStreamDefaultReader<unknown>): Promise<void> {
  let over = false;
  while (!over) over = (await source.read()).done;
}

/**
 * The archive as it is, with an eye on it: it ends with an error where it does not end as a tar archive does, or has an entry that leads
 * out of it.
 */
export function verified(
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: ArchiveContext,
  stop: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const decoder = createTarDecoder({ strict: true });
  const writer = decoder.writable.getWriter();
  const reader = archive.getReader();
  let refused: unknown;
  // What it holds is not of interest here.
  const looked = lookThrough(decoder.readable, context).catch((error: unknown) => {
    refused ??= error;
    throw error;
  });
  looked.catch(() => {});
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        const cancel = () => {
          controller.error(stop.reason);
          reader.cancel(stop.reason).catch(() => {});
          writer.abort(stop.reason).catch(() => {});
        };
        stop.addEventListener("abort", cancel, { once: true });
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (stop.aborted) return;
          if (!done) {
            await writer.write(value);
            controller.enqueue(value);
            return;
          }
          await writer.close();
          await looked;
          controller.close();
        } catch (error) {
          reader.cancel(error).catch(() => {});
          writer.abort(error).catch(() => {});
          throw archiveFailure(refused ?? error, context);
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

async function lookThrough(entries: ReadableStream<ParsedTarEntry>, context: ArchiveContext): Promise<void> {
  const reader = entries.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    try {
      safePath(value.header.name, context);
    } catch (error) {
      // Else what is written to it would wait for ever.
      reader.cancel(error).catch(() => {});
      throw error;
    }
    await value.body.cancel();
  }
}

/** What the tar library says of an archive, as an error of this one. What a signal or the connection says stays. */
function archiveFailure(error: unknown, { subject, interrupted }: ArchiveContext): unknown {
  const outside = interrupted();
  if (outside !== undefined) return outside.reason;
  if (error instanceof BoxLiteError || !(error instanceof Error)) return error;
  return new ArchiveError(
    `${subject}: the archive is broken or not whole (${error.message}). What was taken out of it is not complete: download it again.`,
    { cause: error, operation: "files.read" },
  );
}
