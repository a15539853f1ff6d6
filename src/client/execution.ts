/// <reference lib="esnext.disposable" preserve="true" />

import { attachThrough, type FollowOptions } from "../attach/attachment.ts";
import type { ExecutionEvent } from "../attach/events.ts";
import type { ExecutionExit } from "../attach/exit.ts";
import type { TerminalSize } from "../attach/frames.ts";
import { createPump } from "../attach/pump.ts";
import type { StatusProbe } from "../attach/status.ts";
import type { Transport } from "../attach/transport.ts";
import { createWebSocketTransport } from "../attach/websocket.ts";
import { BoxLiteError, NotFoundError } from "../errors/index.ts";
import { withDeadline } from "../rest/deadline.ts";
import type { ExecutionStatus } from "../wire/execution.ts";
import type { BoxContext } from "./box.ts";
import type { CallOptions } from "./call-options.ts";
import { checkSize, createControl } from "./control.ts";
import { withDispose } from "./disposal.ts";
import { feed, type StdinSource } from "./feed.ts";
import { type ExecutionOutput, type ExecutionText, readAsText, readOutput } from "./output.ts";
import type { SignalName } from "./signals.ts";
import { createStatusProbe } from "./status-probe.ts";

/**
 * A command in a box, followed over a connection that is opened again when it is cut. Every byte that the server still
 * has is delivered once, in order; where that cannot be proved, `events` has a `discontinuity` and `exit` is not
 * `complete`.
 *
 * `await using` ends it with the scope: one from `exec()` is killed if it still runs (unless it was detached before),
 * one from `attach()` is detached. Streams that nobody reads are cancelled then. No connection is left.
 */
export interface Execution extends AsyncDisposable {
  readonly id: string;
  readonly boxId: string;
  /**
   * Whether it was started here (`exec`), or taken up while it ran (`attach`): then its output begins with what the
   * server keeps, which others may have read before.
   */
  readonly origin: "exec" | "attach";
  /** Buffered up to `maxBufferedBytes`; a stream that nobody reads holds up nothing. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Close it, or a process that reads to the end of its stdin never ends. */
  readonly stdin: WritableStream<Uint8Array>;
  /** What happens to the connection. The last 256 wait for a reader. */
  readonly events: ReadableStream<ExecutionEvent>;
  /** How it ended; does not wait for the streams to be read. Rejects with a typed error if that cannot be known. */
  readonly exit: Promise<ExecutionExit>;
  /**
   * Asks the server. On the cloud this counts as activity and keeps the box awake.
   *
   * @throws NotFoundError once the server has forgotten it: after a kill, or 5 minutes after the end.
   */
  status(options?: CallOptions): Promise<ExecutionStatus>;
  /**
   * Kills the process (SIGKILL), after which the server forgets it. No error if it has ended.
   *
   * @throws NotFoundError if the server does not know it and its end was not seen either.
   */
  kill(options?: CallOptions): Promise<void>;
  /** @throws InvalidRequestError for a signal that no server sends on, ConflictError if it has ended. */
  signal(signal: SignalName | number, options?: CallOptions): Promise<void>;
  /**
   * Sets the terminal's size: now, and again after each reconnect.
   *
   * @throws InvalidRequestError unless both are whole numbers from 1 to 65,535.
   */
  resize(size: TerminalSize): void;
  /** Lets go of it: the process goes on, the streams and `exit` fail with code `detached`. */
  detach(): void;
  /** Reads both streams to their end. All of it is kept in memory. */
  output(): Promise<ExecutionOutput>;
  /** Reads both streams to their end, as UTF-8. All of it is kept in memory. */
  text(): Promise<ExecutionText>;
}

export interface FollowExecutionOptions extends FollowOptions {
  readonly size?: TerminalSize | undefined;
  /** Whether it has a terminal. */
  readonly terminal: boolean;
  readonly stdin?: StdinSource | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Started by this client: to be killed with its handle. */
  readonly owned: boolean;
  /** Its first connection, where that is open already. */
  readonly first?: Transport["open"];
}

/** Milliseconds that disposing waits for the kill, and then for the exit that follows it. */
const DISPOSE_TIMEOUT = 5_000;

/** Opens the connection of an execution and follows it. */
export async function followExecution(
  context: BoxContext,
  boxId: string,
  id: string,
  options: FollowExecutionOptions,
): Promise<Execution> {
  const { http, webSocket } = context;
  const { size, terminal, stdin, signal, owned, shared, first, ...follow } = options;
  const params = { box: boxId, execution: id };
  const subject = `Execution ${id} of box ${boxId}`;
  const url = await http.webSocketUrl(["boxes", boxId, "executions", id, "attach"]);
  const control = createControl(http, boxId, id);
  const askStatus = createStatusProbe(http, params);
  /** The kill that is under way, if one is. */
  let pendingKill: Promise<void> | null = null;
  const probe: StatusProbe = async (asked) => {
    const report = await askStatus(asked);
    // The 404 may be our own doing, and be here before the answer that says so.
    if (report.kind === "gone" && pendingKill !== null) await pendingKill.catch(() => {});
    return report;
  };
  const sharing = shared ? await sharePump(http.baseUrl, boxId, id) : undefined;
  const written = follow.stdinWhileDisconnected ?? (terminal ? "drop" : "reject");
  const attachment = attachThrough(sharing ?? createPump, {
    ...follow,
    // A source that is all of the input is read on when it can be sent.
    stdinWhileDisconnected: stdin === undefined ? written : "wait",
    transport: startingWith(
      first,
      createWebSocketTransport({
        url,
        headers: http.headers,
        protocols: () => http.protocols("execution.attach", params),
        webSocket,
      }),
    ),
    probe,
    subject,
    size,
  });
  const { stdout, stderr, events, exit } = attachment;
  /** Whether a missing execution is what is to be expected. */
  let over = false;
  let detached = false;
  let killing: Promise<void> | undefined;

  function kill(abort: AbortSignal | undefined): Promise<void> {
    pendingKill = sendKill(abort);
    return pendingKill;
  }

  async function sendKill(abort: AbortSignal | undefined): Promise<void> {
    if (over) return;
    try {
      await control.kill({ signal: abort });
      over = true;
      attachment.killed();
    } catch (error) {
      if (!(over && error instanceof NotFoundError)) throw error;
    }
  }

  /** Ends the handle; what was started here ends with it, behind the caller's back. */
  function giveUp(reason: unknown): void {
    if (attachment.ended) return;
    attachment.abort(reason);
    if (owned) killing = kill(undefined).catch(() => {});
  }

  async function dispose(): Promise<void> {
    await Promise.all([stdout, stderr, events].map(discard));
    if (owned && !over && !detached && killing === undefined) {
      const late = () => new BoxLiteError("timeout", `${subject} could not be killed in time.`);
      const killed = async (expired: AbortSignal) => {
        await kill(expired);
        await exit;
      };
      await withDeadline(DISPOSE_TIMEOUT, undefined, late, killed).catch(() => {});
      const message = `${subject} was killed, for its handle was disposed before it had ended.`;
      attachment.abort(new BoxLiteError("disposed", message));
    } else {
      attachment.detach();
    }
    await killing;
  }

  const onAbort = () => giveUp(signal?.reason);
  const release = () => signal?.removeEventListener("abort", onAbort);
  exit.then(() => {
    over = true;
    release();
  }, release);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  // The process need not read all of its stdin: only while it runs is a failure the source's.
  if (stdin !== undefined) feed(stdin, attachment.stdin, giveUp);

  const execution = {
    id,
    boxId,
    origin: owned ? ("exec" as const) : ("attach" as const),
    stdout,
    stderr,
    stdin: attachment.stdin,
    events,
    exit,
    status: control.status,
    kill: (call: CallOptions = {}) => kill(call.signal),
    signal: control.signal,
    resize: (to: TerminalSize) => attachment.resize(checkSize(to)),
    detach(): void {
      detached = true;
      attachment.detach();
    },
    output: () => readOutput(attachment),
    text: () => readAsText(attachment),
  };
  return withDispose(execution, dispose);
}

/** The room is loaded by those who share. */
async function sharePump(...execution: [baseUrl: string, boxId: string, id: string]) {
  const { sharePump } = await import("../tabs/share.ts");
  return sharePump(...execution);
}

/** A transport whose first connection is there already. */
function startingWith(first: Transport["open"] | undefined, transport: Transport): Transport {
  let waiting = first;
  return {
    open(handlers) {
      const open = waiting ?? transport.open;
      waiting = undefined;
      return open(handlers);
    },
  };
}

/** Ends a stream that nobody reads. */
async function discard(stream: ReadableStream<unknown>): Promise<void> {
  if (stream.locked) return;
  await stream.cancel().catch(() => {});
}
