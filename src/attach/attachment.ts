import {
  AuthenticationError,
  BoxLiteError,
  ConflictError,
  ConnectionLostError,
  DiscontinuityError,
  NotFoundError,
} from "../errors/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { describeCause, type ExecutionEvent, type Obstacle } from "./events.ts";
import { type ExecutionExit, endingOf } from "./exit.ts";
import type { OutputName, TerminalSize } from "./frames.ts";
import { createPump, type Pump, type PumpDependencies, type PumpOutputs } from "./pump.ts";
import type { Failure, ReducerOptions } from "./reducer/state.ts";
import type { AmbiguityPolicy } from "./replay/verdict.ts";
import type { StatusProbe, StatusReport } from "./status.ts";
import { createEventStream } from "./streams/event-stream.ts";
import { createInputStream, type StdinPolicy, type StdinWhileDisconnected } from "./streams/input-stream.ts";
import { createOutputStream, type OutputStream, type OverflowPolicy } from "./streams/output-stream.ts";
import type { Transport } from "./transport.ts";

/**
 * How a connection that went silent is told from a command that is quiet. On Node, Deno and Bun the server's pings are heard (every
 * 15 s) and a check asks with a ping, so that there is hardly any; a browser has no pings.
 */
export interface LivenessOptions {
  /**
   * Milliseconds without any frame or ping after which the connection is checked. Default 20,000. With pings but without a frame it
   * is checked after 20 minutes.
   */
  silence?: number;
  /** Milliseconds within which a check must be answered, or the connection counts as dead. Default 10,000. */
  timeout?: number;
  /**
   * Whether a check may send an unknown control message over a socket without pings, which every server answers with an error
   * frame (hidden from you). On the cloud it counts as activity and keeps the box awake. Default true.
   */
  inBandProbe?: boolean;
  /**
   * Whether a check asks for the execution's status. On the cloud it counts as activity, and wakes the box. Default
   * true.
   */
  statusProbe?: boolean;
}

/** How an execution is followed. */
export interface FollowOptions {
  /**
   * Milliseconds that an outage may last before the execution is given up. Default 240,000: the servers end a process
   * that nobody is attached to after 300,000. Time in which the machine slept or timers were throttled is not counted, and after a
   * sleep 30,000 are left at least: what became of the process is asked for.
   */
  reconnectBudget?: number;
  /**
   * See {@link LivenessOptions}; false: a connection is never checked. One that was slept over for 45 s is replaced then, for the server
   * has given it up.
   */
  liveness?: LivenessOptions | false;
  /** Bytes that wait for a reader at most, per stream. Default 16 MiB. */
  maxBufferedBytes?: number;
  /**
   * What happens beyond it: the stream fails with `buffer_overflow` after what waits (`error`), or the oldest bytes are dropped
   * and a `dropped` event says where (`drop-oldest`). The other stream and the exit are not affected. The socket is never
   * paused instead: the servers drop output for a client that stalls, and say nothing. Default `error`.
   */
  overflow?: OverflowPolicy;
  /**
   * What is done where a replay fits at several places: `repeat` what may have been delivered already (nothing is lost), or
   * `skip` it (nothing is repeated). Default `repeat`.
   */
  ambiguity?: AmbiguityPolicy;
  /**
   * What becomes of what is written to stdin while the connection is down: see {@link StdinWhileDisconnected}. Default: `drop` for
   * a terminal, whose user sees it and types on; else `reject`, so that a pipe fails rather than loses a piece. The option
   * `stdin` of `exec()` waits, whatever this says.
   */
  stdinWhileDisconnected?: StdinWhileDisconnected | undefined;
  /**
   * Whether a discontinuity is an error: the stream fails with a {@link DiscontinuityError} at that place. Default false: it is
   * an event, and makes the result not `complete`.
   */
  strict?: boolean;
  /**
   * Whether an exit frame is followed by one more attach, which compares the server's backlog with what was delivered. It
   * proves output below 256 KiB to be complete, even against servers that drop output for slow readers. Default false.
   */
  verify?: boolean;
  /**
   * Whether the tabs of one origin that follow the same execution, all with this option, share one attach: the servers allow no more.
   * One tab leads; the others follow it, and take over. docs/tabs.md says what that means for each call. Where the platform lacks Web
   * Locks or BroadcastChannel it changes nothing: then a second attach waits for the slot, and fails in the end. Default false.
   */
  shared?: boolean;
}

export interface AttachmentOptions extends Omit<FollowOptions, "stdinWhileDisconnected"> {
  /** Default `reject`. */
  readonly stdinWhileDisconnected?: StdinPolicy;
  readonly transport: Transport;
  readonly probe: StatusProbe;
  /** What messages call it, e.g. `execution e1 of box b1`. */
  readonly subject: string;
  readonly size?: TerminalSize | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** An execution that is being followed. */
export interface Attachment {
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stdin: WritableStream<Uint8Array>;
  readonly events: ReadableStream<ExecutionEvent>;
  /** Settles once. A rejection that nobody looks at is not reported as unhandled. */
  readonly exit: Promise<ExecutionExit>;
  readonly ended: boolean;
  /** Sets the terminal's size now, and again after each attach. */
  resize(size: TerminalSize): void;
  /** Says that the server acknowledged a kill, which makes a later 404 the end instead of a loss. */
  killed(): void;
  /** Ends with `reason`: `exit` rejects with it, and so do the streams, after what was delivered. */
  abort(reason: unknown): void;
  /** Lets go of the execution, which goes on. `exit` rejects with code `detached`. */
  detach(): void;
}

/** Follows an execution: opens a connection and keeps it, until there is a result. */
export function attach(options: AttachmentOptions): Attachment {
  return attachThrough(createPump, options);
}

/** The same through a pump that may share the connection with others. */
export function attachThrough(
  pumpOf: (dependencies: PumpDependencies, outputs: PumpOutputs) => Pump,
  options: AttachmentOptions,
): Attachment {
  const { subject, clock = systemClock } = options;
  const events = createEventStream();
  const outputOf = (stream: OutputName): OutputStream =>
    createOutputStream({
      name: `${stream} of ${subject}`,
      maxBufferedBytes: options.maxBufferedBytes ?? 16 * 1024 * 1024,
      overflow: options.overflow ?? "error",
      dropped: (bytes, position) => events.write({ type: "dropped", stream, position, bytes }),
    });
  const outputs: Record<OutputName, OutputStream> = {
    stdout: outputOf("stdout"),
    stderr: outputOf("stderr"),
  };
  let over: { readonly reason: unknown } | null = null;
  let attached = false;
  let resolve: (exit: ExecutionExit) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const exit = new Promise<ExecutionExit>((onExit, onFailure) => {
    resolve = onExit;
    reject = onFailure;
  });
  exit.catch(() => {});

  function endAtDiscontinuity({
    stream,
    position,
    verdict,
  }: Extract<ExecutionEvent, { type: "verdict" }>): void {
    if (verdict.kind !== "gap" && verdict.kind !== "ambiguous") return;
    const what =
      verdict.kind === "gap"
        ? `bytes are missing (at least ${verdict.missing})`
        : "the replay fits at several places";
    const message = `${stream} of ${subject}, at byte ${position}: ${what}. What came before is sound. Without strict it is an event, and the stream goes on.`;
    outputs[stream].fail(new DiscontinuityError(message, { stream, position }));
  }

  const pump = pumpOf(
    {
      transport: options.transport,
      probe: (signal) => options.probe(signal).catch(unavailable),
      clock,
      options: reducerOptions(options),
      size: options.size ?? null,
      ambiguity: options.ambiguity ?? "repeat",
    },
    {
      emit: (stream, bytes) => outputs[stream].write(bytes),
      report(event) {
        attached ||= event.type === "connected";
        events.write(event);
        if (options.strict && event.type === "verdict") endAtDiscontinuity(event);
      },
      finish(conclusion) {
        over = { reason: new BoxLiteError("ended", `stdin of ${subject} is closed: the process has ended.`) };
        const { status, exitCode, source, message } = conclusion;
        const complete = conclusion.complete && !outputs.stdout.overflowed && !outputs.stderr.overflowed;
        const delivered = { stdout: pump.delivered("stdout"), stderr: pump.delivered("stderr") };
        const result = { ...endingOf(status, exitCode), source, complete, delivered, message };
        outputs.stdout.end();
        outputs.stderr.end();
        stdin.fail(over.reason);
        events.write({ type: "exit", exit: result });
        events.end();
        resolve(result);
      },
      fail(failure) {
        const error = errorOf(failure, subject, attached);
        over = { reason: error };
        outputs.stdout.fail(error);
        outputs.stderr.fail(error);
        stdin.fail(error);
        events.write({ type: "failed", message: error instanceof Error ? error.message : String(error) });
        events.end();
        reject(error);
      },
    },
  );
  const stdin = createInputStream(
    {
      // A write that waits fails for the reason that the execution did.
      ready: (overOutages) =>
        pump
          .ready(overOutages)
          .catch((error: unknown) => Promise.reject(over === null ? error : over.reason)),
      send: pump.send,
      eof: pump.eof,
      doubtful: pump.doubtful,
      dropped: (bytes) => events.write({ type: "stdin-dropped", bytes }),
    },
    { name: `stdin of ${subject}`, policy: options.stdinWhileDisconnected ?? "reject", clock },
  );
  pump.start();

  return {
    stdout: outputs.stdout.readable,
    stderr: outputs.stderr.readable,
    stdin: stdin.writable,
    events: events.readable,
    exit,
    get ended() {
      return over !== null;
    },
    resize: pump.resize,
    killed: pump.killed,
    abort: pump.abort,
    detach: pump.detach,
  };
}

function unavailable(cause: unknown): StatusReport {
  return { kind: "unavailable", message: cause instanceof Error ? cause.message : String(cause), cause };
}

function reducerOptions(options: AttachmentOptions): ReducerOptions {
  const {
    silence = 20_000,
    timeout = 10_000,
    inBandProbe = true,
    statusProbe = true,
  } = options.liveness || {};
  return {
    reconnectBudget: options.reconnectBudget ?? 240_000,
    backoffBase: 100,
    backoffCap: 4_000,
    openTimeout: 10_000,
    silence: options.liveness === false || silence === Number.POSITIVE_INFINITY ? null : silence,
    inBandProbe,
    statusProbe,
    answerTimeout: timeout,
    exitGrace: 5_000,
    verify: options.verify ?? false,
  };
}

function errorOf(failure: Failure, subject: string, attached: boolean): unknown {
  switch (failure.kind) {
    case "aborted":
      return failure.reason;
    case "detached":
      return new BoxLiteError("detached", `${subject} was detached: it goes on without this handle.`);
    case "gone":
      return new NotFoundError(
        "execution_gone",
        `${subject} is not known to the server: it was killed, ended more than 5 minutes ago, ` +
          "belongs to another box, or the server was restarted.",
        { status: 404 },
      );
    case "denied": {
      const { cause, message } = failure;
      const { code = "unauthenticated", status }: Partial<BoxLiteError> =
        cause instanceof BoxLiteError ? cause : {};
      return new AuthenticationError(code, `${subject} could not be followed: ${message}`, { cause, status });
    }
    case "lost":
      // Later, the slot may be held by the connection of this client that was cut.
      if (!attached && failure.cause?.kind === "refused" && failure.cause.status === 409) {
        return new ConflictError(
          "already_attached",
          `${subject} has another client, and a server allows one: for ${failure.budget / 1000} s ` +
            `${describeCause(failure.cause)}. ` +
            "Detach the other one; tabs of one origin can share it (shared: true).",
          { status: 409 },
        );
      }
      return new ConnectionLostError(
        `${subject}: the connection could not be restored in ${failure.attempts} attempts within ` +
          `${failure.budget / 1000} s; last, ${failure.cause === null ? "it never opened" : describeCause(failure.cause)}. ` +
          `${OBSTACLES[failure.obstacle]} The process may still run: attach to it again, or ask for its status.`,
        failure.obstacle,
      );
  }
}

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  cut: "Each connection that opened was cut again.",
  "slot-taken":
    "The server allows one client: most likely another one is attached, or what is left of the connection that was cut.",
  refused: "The server refused to be attached to.",
  blocked:
    "The server answers requests, but no WebSocket opens: look for a proxy that does not let it through.",
  unreachable: "The server could not be reached at all.",
};
