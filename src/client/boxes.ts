import { InvalidRequestError, InvalidResponseError, NotFoundError } from "../errors/index.ts";
import {
  type Box,
  type BoxContext,
  type CallOptions,
  createBox,
  ensureRemoved,
  type RemoveOptions,
  removeBox,
} from "./box.ts";
import { type BoxInfo, toBoxInfo } from "./box-info.ts";
import { orUndone } from "./deadline.ts";
import { BoxPage, Box as BoxSchema } from "./schemas.ts";

/** A new box. What is left out is the server's choice, and is not sent: some servers refuse fields they do not know. */
export interface CreateBoxOptions {
  /** OCI image reference, e.g. `alpine:latest`. */
  readonly image: string;
  /** Unique in the account: letters, digits, `.`, `_` and `-`. */
  readonly name?: string | undefined;
  readonly cpus?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly diskSizeGb?: number | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The cloud ignores it, as it does `entrypoint` and `cmd`. */
  readonly workingDir?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly cmd?: readonly string[] | undefined;
  /** `name|uid[:group|gid]`. */
  readonly user?: string | undefined;
  /** Seconds without activity until the server stops the box; 0: never. */
  readonly autoStop?: number | undefined;
  /** Seconds after a stop until the server deletes the box; 0: never. */
  readonly autoDelete?: number | undefined;
  /** Whether it starts again when it is used after such a stop. */
  readonly autoResume?: boolean | undefined;
  readonly network?: NetworkOptions | undefined;
}

export interface NetworkOptions {
  readonly mode: "enabled" | "disabled";
  /** Host names (also with a wildcard), addresses and CIDRs that may be reached. Empty or left out: all. */
  readonly allowNet?: readonly string[] | undefined;
}

/** The boxes of an account. An `id` is the server's id or a name. */
export interface Boxes {
  /**
   * Creates a box. Not retried: no server recognises a repeated request. When `signal` aborts while the request is under
   * way, the promise rejects at once, and a box that comes of it is removed.
   *
   * @throws InvalidRequestError (also `image_pull_failed`), ConflictError (`already_exists`), RateLimitError (a quota).
   */
  create(options: CreateBoxOptions & CallOptions): Promise<Box>;
  /** @throws NotFoundError */
  get(id: string, options?: CallOptions): Promise<Box>;
  list(options?: CallOptions): Promise<Box[]>;
  exists(id: string, options?: CallOptions): Promise<boolean>;
  /** @throws NotFoundError */
  start(id: string, options?: CallOptions): Promise<Box>;
  /** @throws NotFoundError */
  stop(id: string, options?: CallOptions): Promise<Box>;
  /** @throws NotFoundError if there is none, ConflictError if it runs and the server wants `force`. */
  remove(id: string, options?: RemoveOptions): Promise<void>;
}

/** Milliseconds: the cloud waits for the box to start, up to 30 s. */
const CREATE_TIMEOUT = 60_000;
/** A server that never stops to give page tokens is broken. */
const MAX_PAGES = 1_000;

export function createBoxes(context: BoxContext): Boxes {
  const { http } = context;

  async function change(verb: "start" | "stop", id: string, options: CallOptions): Promise<Box> {
    const action = `${verb === "start" ? "Start" : "Stop"} box ${id}`;
    const { signal } = options;
    const path = ["boxes", id, verb];
    const answer = await http.json(
      { action, method: "POST", path, timeout: CREATE_TIMEOUT, signal },
      BoxSchema,
    );
    return createBox(context, toBoxInfo(answer));
  }

  return {
    async create(options) {
      const { signal } = options;
      signal?.throwIfAborted();
      const created = postBox(context, options);
      const info = await orUndone(created, signal, ({ id }) => ensureRemoved(http, id));
      return createBox(context, info);
    },
    async get(id, options = {}) {
      const { signal } = options;
      const path = ["boxes", id];
      const answer = await http.json(
        { action: `Get box ${id}`, method: "GET", path, retry: true, signal },
        BoxSchema,
      );
      return createBox(context, toBoxInfo(answer));
    },
    async list(options = {}) {
      const { signal } = options;
      const call = { action: "List boxes", method: "GET", path: ["boxes"], retry: true, signal } as const;
      const boxes: Box[] = [];
      let token: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = token === undefined ? {} : { query: { pageToken: token } };
        const answer = await http.json({ ...call, ...query }, BoxPage);
        for (const box of answer.boxes) boxes.push(createBox(context, toBoxInfo(box)));
        const next = answer.next_page_token || undefined;
        if (next === undefined) return boxes;
        if (next === token) break;
        token = next;
      }
      throw new InvalidResponseError(
        `List boxes: the server's list does not end: its page tokens lead nowhere.`,
      );
    },
    async exists(id, options = {}) {
      const { signal } = options;
      const path = ["boxes", id];
      try {
        await http.send({ action: `Look for box ${id}`, method: "HEAD", path, retry: true, signal });
        return true;
      } catch (error) {
        if (error instanceof NotFoundError) return false;
        throw error;
      }
    },
    start: (id, options = {}) => change("start", id, options),
    stop: (id, options = {}) => change("stop", id, options),
    remove: (id, options = {}) => removeBox(http, id, options),
  };
}

async function postBox(context: BoxContext, options: CreateBoxOptions & CallOptions): Promise<BoxInfo> {
  const json = toBoxRequest(options);
  const answer = await context.http.json(
    {
      action: "Create box",
      method: "POST",
      path: ["boxes"],
      json,
      timeout: CREATE_TIMEOUT,
      unless: options.signal,
    },
    BoxSchema,
  );
  return toBoxInfo(answer);
}

/** The request's body; JSON leaves out what is undefined. */
function toBoxRequest(options: CreateBoxOptions): unknown {
  const { image, network } = options;
  if (typeof image !== "string" || image.trim() === "") {
    throw new InvalidRequestError(
      "invalid_argument",
      'Create box: the image is empty. Name one, e.g. boxes.create({ image: "alpine:latest" }).',
    );
  }
  return {
    image,
    name: options.name,
    cpus: options.cpus,
    memory_mib: options.memoryMib,
    disk_size_gb: options.diskSizeGb,
    env: options.env,
    working_dir: options.workingDir,
    entrypoint: options.entrypoint,
    cmd: options.cmd,
    user: options.user,
    auto_stop: options.autoStop,
    auto_delete: options.autoDelete,
    auto_resume: options.autoResume,
    network: network && { mode: network.mode, allow_net: network.allowNet },
  };
}
