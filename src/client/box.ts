/// <reference lib="esnext.disposable" preserve="true" />

import type { FollowOptions } from "../attach/attachment.ts";
import type { TerminalSize } from "../attach/frames.ts";
import type { WebSocketFactory } from "../attach/sockets/socket.ts";
import { InvalidRequestError, InvalidResponseError, NotFoundError } from "../errors/index.ts";
import { type BoxFiles, createFiles } from "../files/box-files.ts";
import { observeProgress, type TransferOptions } from "../files/progress.ts";
import { orUndone } from "../rest/deadline.ts";
import type { Http } from "../rest/http.ts";
import { type BoxInfo, Box as BoxSchema, type BoxStatus } from "../wire/box.ts";
import { type BoxMetrics, BoxMetricsSchema } from "../wire/metrics.ts";
import { Inbound, Tunnel } from "../wire/network.ts";
import { type StopOptions, stopCall } from "./boxes.ts";
import type { CallOptions } from "./call-options.ts";
import { checkSize, createControl, type ExecutionControl } from "./control.ts";
import { withDispose } from "./disposal.ts";
import type { ExecOptions } from "./exec.ts";
import type { Execution } from "./execution.ts";
import type { ServerConfigReader } from "./server-config.ts";
import { createSnapshots, type Snapshots } from "./snapshots.ts";

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
  readonly name: string | undefined;
  /** As last heard; see `refresh()`. */
  readonly status: BoxStatus;
  readonly image: string;
  /** All that the server last said of it. */
  readonly info: BoxInfo;
  /** Its files, as tar streams and one by one. */
  readonly files: BoxFiles;
  /** Its disks, kept under names (`boxlite serve` only). */
  readonly snapshots: Snapshots;
  /** Asks the server for the box's current state. */
  refresh(options?: CallOptions): Promise<BoxInfo>;
  /** Starts it. Not needed before `exec()`, which starts a box that does not run. */
  start(options?: CallOptions): Promise<BoxInfo>;
  stop(options?: StopOptions): Promise<BoxInfo>;
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
   * @example
   * ```ts
   * const execution = await box.exec("sh", ["-c", "read name; echo hello $name"]);
   * const writer = execution.stdin.getWriter();
   * await writer.write(new TextEncoder().encode("world\n"));
   * await writer.close();
   * const reader = execution.stdout.pipeThrough(new TextDecoderStream()).getReader();
   * console.log((await reader.read()).value); // hello world
   * console.log((await execution.exit).exitCode); // 0
   * ```
   */
  exec(command: string, args?: readonly string[], options?: ExecOptions): Promise<Execution>;
  /**
   * Follows a command that runs already, e.g. after a page was reloaded. Its output starts with the last 256 KiB per
   * stream. A server allows one client per execution. An id that it does not know makes `exit` reject.
   */
  attach(executionId: string, options?: AttachOptions): Promise<Execution>;
  /** An execution by its id, to be asked about and steered without following it. Nothing is sent. */
  execution(id: string): ExecutionControl;
  /**
   * Follows the box's main process: what its image, or `entrypoint` and `cmd`, say. `boxlite serve` only. A box that has not run
   * yet is booted; its main process starts with `start()`. It has one client at a time, and is never reaped.
   *
   * The server tells the execution's id in a header that browsers cannot read: there it takes a gateway.
   *
   * @throws ConflictError if somebody else is attached, or the box is stopped; NotFoundError; TimeoutError if the connection is not
   * open within 10 s; UnsupportedError where the server or the platform does not tell the id.
   */
  attachMain(options?: Omit<AttachOptions, "shared">): Promise<Execution>;
  /**
   * Makes a box of the disks of this one, which must be stopped (`boxlite serve` only).
   *
   * @throws UnsupportedError where the server cannot, ConflictError if it runs, or the name is taken.
   */
  clone(options?: CloneOptions): Promise<Box>;
  /**
   * The box as an archive for `boxes.import()`, as it comes. It must be stopped (`boxlite serve` only). A stream that ends without an
   * error is whole. Read it to its end, or cancel it.
   *
   * @throws UnsupportedError where the server cannot, ConflictError if it runs.
   * @example
   * ```ts
   * await box.files.writeFile("/app/state", "kept");
   * await box.stop();
   * const again = await boxlite.boxes.import(await box.export(), { name: "again" });
   * console.log(await again.files.readTextFile("/app/state")); // kept
   * ```
   */
  export(options?: TransferOptions): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /**
   * What it uses. Which numbers there are differs by server.
   *
   * @throws ConflictError if it does not run (newer `boxlite serve`).
   */
  metrics(options?: CallOptions): Promise<BoxMetrics>;
  /**
   * The public address of a TCP port in the box (cloud only; newer ones want the box to run and to be reachable, see `setInbound()`).
   * HTTP services answer there; for bare TCP, `CONNECT` through it. Whoever knows the address may use it. Asking again gives the
   * current one.
   *
   * @param port 1 to 65,535.
   */
  tunnel(port: number, options?: CallOptions): Promise<URL>;
  /**
   * Whether anybody may reach the box over tunnels (newer cloud only).
   *
   * @returns The mode that the server has set.
   * @throws UnsupportedError where the server cannot.
   */
  setInbound(mode: InboundMode, options?: CallOptions): Promise<InboundMode>;
}

export type InboundMode = "enabled" | "disabled" | (string & {});

export interface CloneOptions extends CallOptions {
  /** Default: one that the server makes up. */
  readonly name?: string | undefined;
}

/** What boxes are made with. */
export interface BoxContext {
  readonly http: Http;
  readonly webSocket: WebSocketFactory | undefined;
  readonly config: ServerConfigReader;
}

export function createBox(context: BoxContext, initial: BoxInfo): Box {
  const { http, config } = context;
  // The server's id from here on: serve knows an execution only under the very id or name that it was started with.
  const { id } = initial;
  const params = { box: id };
  let info = initial;

  async function update(asked: Promise<BoxInfo>): Promise<BoxInfo> {
    const answer = await asked;
    if (answer.id !== id) {
      throw new InvalidResponseError(`Box ${id}: the server answered with another box, ${answer.id}.`);
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
    files: createFiles(http, id),
    snapshots: createSnapshots(http, config, id),
    refresh: ({ signal }: CallOptions = {}) =>
      update(http.json({ operation: "box.get", params, signal }, BoxSchema)),
    start: ({ signal }: CallOptions = {}) =>
      update(http.json({ operation: "box.start", params, signal }, BoxSchema)),
    stop: async (options: StopOptions = {}) => update(http.json(stopCall(id, options), BoxSchema)),
    remove: (options: RemoveOptions = {}) => removeBox(http, id, options),
    // What follows executions is loaded by those who do, and before anything is started.
    async exec(command: string, args: readonly string[] = [], options: ExecOptions = {}) {
      const { startExecution } = await import("./following.ts");
      return startExecution(context, id, command, args, options);
    },
    async attach(executionId: string, options: AttachOptions = {}) {
      const follow = takenUp(options);
      const { followExecution } = await import("./following.ts");
      return followExecution(context, id, executionId, follow);
    },
    execution: (executionId: string) => createControl(http, id, executionId),
    async attachMain(options: Omit<AttachOptions, "shared"> = {}) {
      const follow = takenUp(options);
      const { attachMain } = await import("./following.ts");
      return attachMain(context, id, follow);
    },
    async clone({ name, signal }: CloneOptions = {}) {
      await config.require("cloneEnabled", "box.clone", params, { signal });
      const json = { name };
      const cloned = http.json({ operation: "box.clone", params, json, unless: signal }, BoxSchema);
      return createBox(context, await orUndone(cloned, signal, (made) => ensureRemoved(http, made.id)));
    },
    async export({ signal, onProgress }: TransferOptions = {}) {
      await config.require("exportEnabled", "box.export", params, { signal });
      const accept = "application/octet-stream";
      return observeProgress(
        await http.open({ operation: "box.export", params, accept, signal }),
        onProgress,
      );
    },
    metrics: ({ signal }: CallOptions = {}) =>
      http.json({ operation: "box.metrics", params, signal }, BoxMetricsSchema),
    async tunnel(port: number, { signal }: CallOptions = {}) {
      const query = { port: String(checkPort(port)) };
      const { uri } = await http.json({ operation: "box.tunnel", params, query, signal }, Tunnel);
      if (!URL.canParse(uri)) {
        throw new InvalidResponseError(`Open a tunnel to box ${id}: the server answered with no URL.`);
      }
      return new URL(uri);
    },
    async setInbound(mode: InboundMode, { signal }: CallOptions = {}) {
      await config.require("inboundUpdateEnabled", "box.network", params, { signal });
      const json = { mode };
      return (await http.json({ operation: "box.network", params, json, signal }, Inbound)).mode;
    },
  };
  return withDispose(box, () => ensureRemoved(http, id));
}

/** An execution that is followed, but not owned. */
function takenUp({ signal, size, ...follow }: AttachOptions) {
  const terminal = size !== undefined;
  return { ...follow, size: size && checkSize(size), terminal, signal, owned: false };
}

function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidRequestError(
    "invalid_argument",
    `A port must be a whole number from 1 to 65535, not ${port}.`,
  );
}

export async function removeBox(http: Http, id: string, options: RemoveOptions): Promise<void> {
  const { force, signal } = options;
  const query = { force: force === undefined ? undefined : String(force) };
  await http.send({ operation: "box.remove", params: { box: id }, query, signal });
}

/** Removes a box whose use is over: by force, and content if it is gone. */
export async function ensureRemoved(http: Http, id: string): Promise<void> {
  try {
    await removeBox(http, id, { force: true });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
