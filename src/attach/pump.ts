import type { Clock } from "./clock.ts";
import { createDispatch } from "./dispatch.ts";
import type { ExecutionEvent } from "./events.ts";
import type { Delivered } from "./exit.ts";
import {
  decodeServerFrame,
  encodeResize,
  isLivenessAnswer,
  LIVENESS_PROBE,
  type OutputName,
  STDIN_EOF,
  type TerminalSize,
} from "./frames.ts";
import { reduce } from "./reducer/reduce.ts";
import {
  type Action,
  type Conclusion,
  type Event,
  type Failure,
  initialState,
  isOpen,
  type Moment,
  type ReducerOptions,
  type State,
} from "./reducer/state.ts";
import {
  BACKLOG_BYTES,
  createPositioner,
  type Positioner,
  type PositionerSink,
  type Standpoint,
} from "./replay/positioner.ts";
import type { AmbiguityPolicy } from "./replay/verdict.ts";
import type { StatusProbe } from "./status.ts";
import { createTimers } from "./timers.ts";
import type { Connection, Transport } from "./transport.ts";

/** What the pump drives. */
export interface PumpDependencies {
  readonly transport: Transport;
  readonly probe: StatusProbe;
  readonly clock: Clock;
  readonly options: ReducerOptions;
  readonly size: TerminalSize | null;
  readonly ambiguity: AmbiguityPolicy;
  /** What the server keeps per stream, in bytes. Default: what today's servers do. A simulation has less, to be quick. */
  readonly backlogBytes?: number;
  /** What was delivered before, by another pump; asked once, when the first connection has opened. Default: nothing. */
  readonly from?: (stream: OutputName) => Standpoint;
}

/** What comes out of it. `finish` or `fail` is called exactly once, as the last thing. */
export interface PumpOutputs {
  emit(stream: OutputName, bytes: Uint8Array): void;
  report(event: ExecutionEvent): void;
  finish(conclusion: Conclusion): void;
  fail(failure: Failure): void;
}

export interface Pump {
  start(): void;
  delivered(stream: OutputName): Delivered;
  /**
   * Resolves with true as soon as stdin can be sent; with false when there is no connection, although there was one, unless it is to wait
   * for the next (`overOutages`). Rejects once the execution is over.
   */
  ready(overOutages: boolean): Promise<boolean>;
  send(bytes: Uint8Array): void;
  /** Bytes of stdin, over all cuts, after which nothing was heard any more on their connection. */
  doubtful(): number;
  eof(): void;
  resize(size: TerminalSize): void;
  /** The server acknowledged a kill. */
  killed(): void;
  abort(reason: unknown): void;
  detach(): void;
}

/** Bytes whose place in the replay is not known are held until nothing was heard for this long, in milliseconds. */
const SETTLE_AFTER = 250;

/** Runs the reducer over a transport, a clock and a status probe. */
export function createPump(dependencies: PumpDependencies, outputs: PumpOutputs): Pump {
  const { transport, probe, clock, options, backlogBytes = BACKLOG_BYTES } = dependencies;
  const positioning = { policy: dependencies.ambiguity, capacity: backlogBytes };
  const positioners: Record<OutputName, Positioner> = {
    stdout: createPositioner(positioning),
    stderr: createPositioner(positioning),
  };
  const heard = { frames: 0, pings: 0 };
  const timers = createTimers(clock, heard, (timer) => {
    if (timer === "settle") settle();
    else dispatch({ type: "timer", timer, ...moment() });
  });
  let state: State = initialState(dependencies.size);
  let connection: Connection | null = null;
  let probing: AbortController | null = null;
  /** The last sign of life on the connection, or when it was begun to be opened. */
  let lastSign = clock.now();
  let stopWakes: (() => void) | undefined;
  /** A verdict that was left to the end is a discontinuity. */
  let isFlagged = false;
  let from = dependencies.from;
  /** Bytes of stdin that were sent on this connection since the last sign of life. */
  let unanswered = 0;
  let doubtful = 0;
  let waiters: (() => void)[] = [];

  const dispatch = createDispatch<Event>((event) => {
    const transition = reduce(state, event, options);
    state = transition.state;
    for (const action of transition.actions) perform(action);
  });

  function perform(action: Action): void {
    switch (action.type) {
      case "emit":
        outputs.emit(action.stream, action.bytes);
        break;
      case "attach":
        openConnection();
        break;
      case "discard":
        doubtStdin();
        discard();
        break;
      case "probe":
        askStatus();
        break;
      case "startTimer":
        timers.start(action.timer, action.delay);
        break;
      case "stopTimers":
        timers.stopAll();
        break;
      case "sendResize":
        connection?.send(encodeResize(action.size));
        break;
      case "sendStdinEof":
        connection?.send(STDIN_EOF);
        break;
      case "sendLivenessProbe":
        connection?.send(LIVENESS_PROBE);
        break;
      case "sendPing":
        connection?.ping?.();
        break;
      case "report":
        outputs.report(action.event);
        break;
      case "finish":
        end("abandon");
        outputs.finish(isFlagged ? { ...action.conclusion, complete: false } : action.conclusion);
        release();
        break;
      case "fail":
        end("settle");
        outputs.fail(action.failure);
        release();
        break;
    }
  }

  function openConnection(): void {
    discard();
    showLife();
    const opened: Connection = transport.open({
      opened() {
        if (connection !== opened) return;
        const over = state.name === "connecting" && state.purpose.kind !== "follow";
        for (const stream of ["stdout", "stderr"] as const) {
          if (from !== undefined) positioners[stream].resume(from(stream));
          positioners[stream].attached(over, sinks[stream]);
        }
        from = undefined;
        showLife();
        dispatch({ type: "opened", pings: opened.ping !== undefined, now: clock.now() });
        release();
      },
      heard() {
        if (connection !== opened) return;
        heard.pings += 1;
        showLife();
        dispatch({ type: "heard" });
      },
      message(data) {
        if (connection === opened) receive(data);
      },
      dropped(stream, bytes) {
        if (connection !== opened) return;
        heard.frames += 1;
        showLife();
        positioners[stream].missed(bytes, sinks[stream]);
        dispatch({ type: "heard" });
      },
      closed(cause) {
        if (connection !== opened) return;
        connection = null;
        timers.stop("settle");
        doubtStdin();
        // Any other code was sent by somebody, just now.
        if (cause.kind === "closed" && cause.code !== 1006) lastSign = clock.now();
        const behind = positioners.stdout.behind || positioners.stderr.behind;
        dispatch({ type: "closed", cause, behind, ...moment() });
      },
    });
    connection = opened;
  }

  function receive(data: Uint8Array | string): void {
    heard.frames += 1;
    showLife();
    const frame = decodeServerFrame(data);
    switch (frame.kind) {
      case "output": {
        const before = fresh;
        const positioner = positioners[frame.stream];
        positioner.push(frame.bytes, sinks[frame.stream]);
        if (fresh === before) dispatch({ type: "heard" });
        if (positioner.holding && !timers.has("settle")) timers.start("settle", SETTLE_AFTER);
        break;
      }
      case "empty":
        dispatch({ type: "heard" });
        break;
      case "exit":
        timers.stop("settle");
        positioners.stdout.end(sinks.stdout);
        positioners.stderr.end(sinks.stderr);
        dispatch({ type: "exit", exitCode: frame.exitCode, now: clock.now() });
        break;
      case "error":
        if (isLivenessAnswer(frame.message)) dispatch({ type: "livenessAnswer" });
        else dispatch({ type: "serverError", message: frame.message, code: frame.code });
        break;
      case "unknown":
        dispatch({ type: "unknownFrame", detail: frame.detail });
        break;
    }
  }

  function showLife(): void {
    lastSign = clock.now();
    unanswered = 0;
  }

  /** The connection ended: what was sent last may not have arrived. */
  function doubtStdin(): void {
    if (unanswered === 0) return;
    outputs.report({ type: "stdin-doubtful", bytes: unanswered });
    doubtful += unanswered;
    unanswered = 0;
  }

  let fresh = 0;
  const sinks: Record<OutputName, PositionerSink> = {
    stdout: createSink("stdout"),
    stderr: createSink("stderr"),
  };

  function createSink(stream: OutputName): PositionerSink {
    return {
      fresh(bytes) {
        fresh += bytes.length;
        dispatch({ type: "output", stream, bytes });
      },
      verdict(verdict, position) {
        dispatch({ type: "verdict", stream, verdict, position });
      },
    };
  }

  function settle(): void {
    timers.stop("settle");
    positioners.stdout.settle(sinks.stdout);
    positioners.stderr.settle(sinks.stderr);
  }

  function discard(): void {
    const open = connection;
    connection = null;
    timers.stop("settle");
    open?.discard();
  }

  function askStatus(): void {
    probing?.abort();
    const asked = new AbortController();
    probing = asked;
    const answer = (report: Parameters<typeof reported>[0]) => {
      if (probing === asked) reported(report);
    };
    probe(asked.signal).then(answer, (error: unknown) =>
      answer({ kind: "unavailable", message: String(error), cause: error }),
    );
  }

  function reported(report: Extract<Event, { type: "status" }>["report"]): void {
    probing = null;
    dispatch({ type: "status", report, ...moment() });
  }

  function moment(): Moment {
    const now = clock.now();
    return { now, random: clock.random(), quiet: now - lastSign };
  }

  /**
   * Nothing is left running. What was still held is delivered: there is no replay to wait for any more. A result also settles
   * every verdict.
   */
  function end(how: "abandon" | "settle"): void {
    discard();
    for (const stream of ["stdout", "stderr"] as const) {
      positioners[stream][how]({
        fresh: (bytes) => outputs.emit(stream, bytes),
        verdict(verdict, position) {
          isFlagged ||= verdict.kind === "gap" || verdict.kind === "ambiguous";
          outputs.report({ type: "verdict", stream, verdict, position });
        },
      });
    }
    timers.stopAll();
    stopWakes?.();
    probing?.abort();
    probing = null;
  }

  /** Whoever waits looks again. */
  function release(): void {
    const released = waiters;
    waiters = [];
    for (const look of released) look();
  }

  async function ready(overOutages: boolean): Promise<boolean> {
    for (;;) {
      if (state.name === "ended") throw new Error("The execution is over.");
      if (connection !== null && isOpen(state)) {
        const open = connection;
        await open.writable();
        // It may have been cut while it was full.
        if (connection === open) return true;
      } else if (!overOutages && state.session.attaches > 0) return false;
      else await new Promise<void>((resolve) => waiters.push(resolve));
    }
  }

  return {
    start() {
      stopWakes = clock.onWake?.((slept) => dispatch({ type: "wake", slept, ...moment() }));
      dispatch({ type: "start", now: clock.now() });
    },
    delivered: (stream) => ({ bytes: positioners[stream].position, proved: positioners[stream].proved }),
    ready,
    send(bytes) {
      if (connection === null) return;
      unanswered += bytes.length;
      connection.send(bytes);
    },
    doubtful: () => doubtful,
    eof: () => dispatch({ type: "stdinEof" }),
    resize: (size) => dispatch({ type: "resize", size }),
    killed: () => dispatch({ type: "killed" }),
    abort: (reason) => dispatch({ type: "abort", reason }),
    detach: () => dispatch({ type: "detach" }),
  };
}
