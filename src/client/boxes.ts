import { InvalidRequestError, NotFoundError } from "../errors/index.ts";
import { bodyFrom } from "../files/body.ts";
import type { TransferOptions } from "../files/progress.ts";
import { parseAnswer } from "../rest/answer.ts";
import { orUndone } from "../rest/deadline.ts";
import { orLetGo } from "../rest/let-go.ts";
import { type BoxInfo, BoxPage, Box as BoxSchema, type BoxStatus } from "../wire/box.ts";
import { type Box, type BoxContext, createBox, ensureRemoved, type RemoveOptions, removeBox } from "./box.ts";
import { type CreateBoxOptions, toBoxRequest } from "./box-request.ts";
import type { CallOptions } from "./call-options.ts";
import { createList, type List, type ListOptions, pageQuery, toPage } from "./pages.ts";

export interface ListBoxesOptions extends ListOptions {
  /** Only boxes in this state. Servers without pages ignore it, as today's do. */
  readonly status?: BoxStatus | undefined;
}

export interface StopOptions extends CallOptions {
  /** Milliseconds until the box is stopped by force. Default: the server's, 30,000. Today's servers ignore it. */
  readonly timeout?: number | undefined;
}

export interface ImportOptions extends TransferOptions {
  /** Default: one that the server makes up. */
  readonly name?: string | undefined;
}

/** The boxes of an account. An `id` is the server's id or a name. */
export interface Boxes {
  /**
   * Creates a box. Repeated only where the server said that it did nothing. When `signal` aborts while the request is under
   * way, the promise rejects at once, and a box that comes of it is removed.
   *
   * `boxlite serve` answers with a box that is `configured`: it starts with the first command. The cloud waits for it to run, up to
   * 30 s.
   *
   * @throws InvalidRequestError (also `image_pull_failed`), ConflictError (`already_exists`), RateLimitError (a quota),
   * UnsupportedError for `advanced.capabilities` where the server has none.
   * @example
   * ```ts
   * const box = await boxlite.boxes.create({ image: "alpine:latest", env: { GREETING: "hello" } });
   * const { stdout } = await (await box.exec("sh", ["-c", "echo $GREETING"])).text();
   * console.log(stdout); // hello
   * await box.remove();
   * ```
   */
  create(options?: CreateBoxOptions & CallOptions): Promise<Box>;
  /** @throws NotFoundError */
  get(id: string, options?: CallOptions): Promise<Box>;
  /**
   * The boxes, fetched as they are used.
   *
   * @example
   * ```ts
   * for await (const box of boxlite.boxes.list()) console.log(box.id, box.status);
   * const boxes = await boxlite.boxes.list().all();
   * ```
   */
  list(options?: ListBoxesOptions): List<Box>;
  exists(id: string, options?: CallOptions): Promise<boolean>;
  /** @throws NotFoundError */
  start(id: string, options?: CallOptions): Promise<Box>;
  /** @throws NotFoundError */
  stop(id: string, options?: StopOptions): Promise<Box>;
  /** @throws NotFoundError if there is none, ConflictError if it runs and the server wants `force`. */
  remove(id: string, options?: RemoveOptions): Promise<void>;
  /**
   * Makes a box of an archive of `box.export()` (`boxlite serve` only). A stream is sent as it comes. When `signal` aborts while the
   * server has the whole of it and has not answered yet, there may be a box all the same: give it a `name` to find it by.
   *
   * @throws UnsupportedError where the server has no imports, InvalidRequestError for an archive that it does not take; a
   * `boxlite serve` of August takes 2 MiB.
   */
  import(archive: ReadableStream<Uint8Array> | Blob | Uint8Array, options?: ImportOptions): Promise<Box>;
}

export function createBoxes(context: BoxContext): Boxes {
  const { http, config } = context;
  const named = (info: BoxInfo) => createBox(context, info);

  return {
    async create(options = {}) {
      const { signal } = options;
      signal?.throwIfAborted();
      const json = toBoxRequest(options);
      if (options.advanced?.capabilities !== undefined) {
        await config.require("linuxCapabilitiesEnabled", "boxes.create", {}, { signal });
      }
      const secrets = options.secrets?.map(({ value }) => value);
      const created = http.json({ operation: "boxes.create", json, secrets, unless: signal }, BoxSchema);
      return named(await orUndone(created, signal, ({ id }) => ensureRemoved(http, id)));
    },
    async get(id, { signal } = {}) {
      return named(await http.json({ operation: "box.get", params: { box: id }, signal }, BoxSchema));
    },
    list(options = {}) {
      const { signal, status } = options;
      return createList(async (pageToken) => {
        const query = { ...pageQuery(options, pageToken), status };
        const { boxes, nextPageToken } = await http.json({ operation: "boxes.list", query, signal }, BoxPage);
        return toPage(boxes.map(named), nextPageToken);
      });
    },
    async exists(id, { signal } = {}) {
      return exists(http.send({ operation: "box.exists", params: { box: id }, signal }));
    },
    async start(id, { signal } = {}) {
      return named(await http.json({ operation: "box.start", params: { box: id }, signal }, BoxSchema));
    },
    async stop(id, options = {}) {
      return named(await http.json(stopCall(id, options), BoxSchema));
    },
    remove: (id, options = {}) => removeBox(http, id, options),
    async import(archive, { name, signal, onProgress } = {}) {
      const body = bodyFrom(archive, "application/octet-stream", onProgress);
      const answer = await orLetGo(archive, async () => {
        await config.require("importEnabled", "boxes.import", {}, { signal });
        return http.upload({ operation: "boxes.import", query: { name }, body, signal });
      });
      return named(parseAnswer(BoxSchema, answer));
    },
  };
}

/** Whether what is looked for is there. @throws BoxLiteError for every answer that is neither. */
export async function exists(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** Milliseconds that a stop may take beyond the time that it was given. */
const STOP_LEEWAY = 60_000;

export function stopCall(id: string, { timeout, signal }: StopOptions) {
  const call = { operation: "box.stop", params: { box: id }, signal } as const;
  if (timeout === undefined) return call;
  if (!(timeout >= 0 && Number.isFinite(timeout))) {
    throw new InvalidRequestError(
      "invalid_argument",
      `Stop box ${id}: timeout must be a number of milliseconds from 0, not ${timeout}.`,
      { operation: "box.stop" },
    );
  }
  return { ...call, json: { timeout_seconds: timeout / 1000 }, timeout: timeout + STOP_LEEWAY };
}
