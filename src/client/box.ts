import type { FollowOptions } from "../attach/attachment.ts";
import type { TerminalSize } from "../attach/frames.ts";
import type { WebSocketFactory } from "../attach/websocket.ts";
import { InvalidResponseError, NotFoundError } from "../errors/index.ts";
import { type BoxInfo, type BoxStatus, toBoxInfo } from "./box-info.ts";
import { withDispose } from "./disposal.ts";
import { type ExecOptions, startExecution } from "./exec.ts";
import { checkSize, type Execution, followExecution } from "./execution.ts";
import type { Http } from "./http.ts";
import { Box as BoxSchema } from "./schemas.ts";

/** What every call takes. */
export interface CallOptions {
  /** Ends the request; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface RemoveOptions extends CallOptions {
  /** Also remove it while it runs. Default: the server's, which differs (`boxlite serve` forces, the cloud does not). */
  readonly force?: boolean | undefined;
}

/** How an execution that runs already is followed. */
export interface AttachOptions extends FollowOptions {
  /** The terminal's size, for one that was started with a tty. */
  readonly size?: TerminalSize | undefined;
  /** Ends the handle with the signal's reason; the process goes on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A box: a micro-VM that runs commands. `await using` removes it at the end of the scope; one that is gone already is
 * not an error there.
 */
export interface Box extends AsyncDisposable {
  /** The server's identifier. */
  readonly id: string;
  readonly name: string | null;
  /** As last heard; see `refresh()`. */
  readonly status: BoxStatus;
  readonly image: string | null;
  /** All that the server last said of it. */
  readonly info: BoxInfo;
  /** Asks the server for the box's current state. */
  refresh(options?: CallOptions): Promise<BoxInfo>;
  /** Starts it. Not needed before `exec()`, which starts a box that does not run. */
  start(options?: CallOptions): Promise<BoxInfo>;
  stop(options?: CallOptions): Promise<BoxInfo>;
  /**
   * Removes it, with its disk and its processes.
   *
   * @throws NotFoundError if it is gone already, ConflictError if it runs and the server wants `force`.
   */
  remove(options?: RemoveOptions): Promise<void>;
  /**
   * Starts a command and follows it. Not retried: no server recognises a repeated request.
   *
   * @param command The program, found through the box's `PATH`; no shell is involved.
   */
  exec(command: string, args?: readonly string[], options?: ExecOptions): Promise<Execution>;
  /**
   * Follows a command that runs already, e.g. after a page was reloaded. Its output starts with the last 256 KiB per
   * stream. A server allows one client per execution. An id that it does not know makes `exit` reject.
   */
  attach(executionId: string, options?: AttachOptions): Promise<Execution>;
}

/** What boxes are made with. */
export interface BoxContext {
  readonly http: Http;
  readonly webSocket: WebSocketFactory | undefined;
}

/** Milliseconds for a start or a stop: the VM's own time is in it. */
const LIFECYCLE_TIMEOUT = 60_000;

export function createBox(context: BoxContext, initial: BoxInfo): Box {
  const { http } = context;
  // The server's id from here on: serve knows an execution only under the very id or name that it was started with.
  const { id } = initial;
  const path = ["boxes", id];
  let info = initial;

  async function update(
    action: string,
    method: "GET" | "POST",
    verb: readonly string[],
    options: CallOptions,
  ): Promise<BoxInfo> {
    const retry = method === "GET";
    const timeout = retry ? {} : { timeout: LIFECYCLE_TIMEOUT };
    const { signal } = options;
    const call = { action: `${action} ${id}`, method, path: [...path, ...verb], retry, signal, ...timeout };
    const answer = toBoxInfo(await http.json(call, BoxSchema));
    if (answer.id !== id) {
      throw new InvalidResponseError(`${action} ${id}: the server answered with another box, ${answer.id}.`);
    }
    info = answer;
    return info;
  }

  const box = {
    id,
    get name() {
      return info.name;
    },
    get status() {
      return info.status;
    },
    get image() {
      return info.image;
    },
    get info() {
      return info;
    },
    refresh: (options: CallOptions = {}) => update("Get box", "GET", [], options),
    start: (options: CallOptions = {}) => update("Start box", "POST", ["start"], options),
    stop: (options: CallOptions = {}) => update("Stop box", "POST", ["stop"], options),
    remove: (options: RemoveOptions = {}) => removeBox(http, id, options),
    exec: (command: string, args: readonly string[] = [], options: ExecOptions = {}) =>
      startExecution(context, id, command, args, options),
    async attach(executionId: string, options: AttachOptions = {}) {
      const { signal, size, ...follow } = options;
      return followExecution(context, id, executionId, {
        ...follow,
        size: size && checkSize(size),
        terminal: size !== undefined,
        signal,
        owned: false,
      });
    },
  };
  return withDispose(box, () => ensureRemoved(http, id));
}

export async function removeBox(http: Http, id: string, options: RemoveOptions): Promise<void> {
  const { force, signal } = options;
  const query = force === undefined ? {} : { query: { force: String(force) } };
  await http.send({ action: `Remove box ${id}`, method: "DELETE", path: ["boxes", id], signal, ...query });
}

/** Removes a box whose use is over: by force, retried, and content if it is gone. */
export async function ensureRemoved(http: Http, id: string): Promise<void> {
  try {
    await http.send({
      action: `Remove box ${id}`,
      method: "DELETE",
      path: ["boxes", id],
      query: { force: "true" },
      retry: true,
    });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
