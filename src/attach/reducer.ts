import type { Cause, ExecutionEvent } from "./events.ts";
import type { TerminalSize } from "./frames.ts";
import type {
  Action,
  Conclusion,
  Event,
  Failure,
  Purpose,
  ReducerOptions,
  Session,
  State,
  Transition,
} from "./state.ts";
import type { StatusReport, TerminalStatus } from "./status.ts";

/**
 * The whole behaviour of an attached execution as one pure function: no I/O, no clock, no randomness, and no import but
 * types. SPEC.md has the same as a table.
 */
export function reduce(state: State, event: Event, options: ReducerOptions): Transition {
  if (state.name === "ended") return { state, actions: [] };
  switch (event.type) {
    case "abort":
      return fail(state, { kind: "aborted", reason: event.reason });
    case "detach":
      return fail(state, { kind: "detached" });
    case "killed":
      return stay({ ...state, session: { ...state.session, killed: true } });
    case "discontinuity":
      return stay({ ...state, session: { ...state.session, discontinuous: true } }, [report(event)]);
    case "stdinEof":
      return stay(
        { ...state, session: { ...state.session, stdinClosed: true } },
        whenOpen(state, { type: "sendStdinEof" }),
      );
    case "resize":
      return resize(state, event.size);
    default:
      break;
  }
  switch (state.name) {
    case "idle":
      return event.type === "start" ? start(state.session, event.now, options) : stay(state);
    case "connecting":
      return connecting(state, event, options);
    case "attached":
      return attached(state, event, options);
    case "checking":
      return checking(state, event, options);
    case "concluding":
      return concluding(state, event, options);
    case "probing":
      return event.type === "status" ? probed(state, event.report, event, options) : stay(state);
    case "waiting":
      return event.type === "timer" && event.timer === "backoff"
        ? attach(state.session, state.purpose, options)
        : stay(state);
  }
}

/** A connection that brought nothing new is no success until it has lasted this long; before, backing off goes on. */
const HEALTHY_AFTER = 5_000;

/** Drains in a row that may bring neither a new byte nor an exit frame before the probed status has to do. */
const MAX_FRUITLESS_DRAINS = 3;

/** What a probe without an answer makes of what was known: two in a row, and none ever answered, is "no". */
const AFTER_A_MISS = { unknown: "doubted", doubted: "no", yes: "yes", no: "no" } as const;

/** Checks in a row without any sign of life before a connection is given up although nothing says that it is dead. */
const MAX_SIGNLESS_CHECKS = 3;
/** Checks and connections in a row without any sign of life before the execution is given up. */
const MAX_SIGNLESS = 8;

const FOLLOW: Purpose = { kind: "follow" };
const NO_EXIT: Cause = { kind: "no-exit-frame" };

type In<Name extends State["name"]> = Extract<State, { name: Name }>;
type Open = In<"attached" | "checking" | "concluding">;
type Ended = Transition & { readonly state: In<"ended"> };
type Moment = { readonly now: number; readonly random: number };

function start(session: Session, now: number, options: ReducerOptions): Transition {
  return attach({ ...session, outage: { since: now, attempts: 0, cause: null } }, FOLLOW, options);
}

function attach(session: Session, purpose: Purpose, options: ReducerOptions): Transition {
  return {
    state: { name: "connecting", session, purpose },
    actions: [{ type: "attach" }, { type: "startTimer", timer: "open", delay: options.openTimeout }],
  };
}

function connecting(state: In<"connecting">, event: Event, options: ReducerOptions): Transition {
  const { session, purpose } = state;
  switch (event.type) {
    case "opened": {
      const actions: Action[] = [{ type: "stopTimers" }];
      if (session.size !== null) actions.push({ type: "sendResize", size: session.size });
      if (session.stdinClosed) actions.push({ type: "sendStdinEof" });
      const wait = purpose.kind === "drain" ? graceTimer(options) : silenceTimer(options);
      if (wait !== null) actions.push(wait);
      const attaches = session.attaches + 1;
      const link = { since: event.now, heard: false, progress: false };
      actions.push(report({ type: "connected", attach: attaches, purpose: purpose.kind }));
      return { state: { name: "attached", session: { ...session, attaches }, purpose, link }, actions };
    }
    case "closed":
      return prefix([{ type: "stopTimers" }, disconnected(event.cause)], () =>
        notOpened(state, event.cause, event, options),
      );
    case "timer": {
      if (event.timer !== "open") return stay(state);
      const cause: Cause = { kind: "unanswered", after: options.openTimeout };
      return prefix([{ type: "discard" }, disconnected(cause)], () =>
        notOpened(state, cause, event, options),
      );
    }
    default:
      return stay(state);
  }
}

function notOpened(state: In<"connecting">, cause: Cause, at: Moment, options: ReducerOptions): Transition {
  const { purpose } = state;
  const { outage } = state.session;
  const session: Session = { ...state.session, outage: { ...outage, cause } };
  // Once may be a token that has just expired; the status says what to do then.
  const denied = isDenial(cause) && outage.cause !== null && isDenial(outage.cause);
  if (purpose.kind === "follow") {
    return denied ? fail(state, { kind: "denied", message: "the attach was refused twice" }) : probe(session);
  }
  const gone = cause.kind === "refused" && (cause.status === 404 || cause.status === 410);
  if (gone || denied) return finishFromStatus(state, purpose.terminal);
  return again(state, session, purpose, at, options);
}

function isDenial(cause: Cause): boolean {
  return cause.kind === "refused" && (cause.status === 401 || cause.status === 403);
}

function attached(state: In<"attached">, event: Event, options: ReducerOptions): Transition {
  const { purpose } = state;
  switch (event.type) {
    case "timer":
      if (event.timer === "silence" && purpose.kind === "follow") return check(state, options);
      if (event.timer === "grace" && purpose.kind === "drain") {
        return prefix([{ type: "discard" }], () => drained(state, purpose, event, options));
      }
      return stay(state);
    case "closed":
      return prefix([{ type: "stopTimers" }, disconnected(event.cause)], () =>
        purpose.kind === "drain"
          ? drained(state, purpose, event, options)
          : probe(sessionAfter(state, event.now, event.cause)),
      );
    default:
      return heard(state, event);
  }
}

/** What every open connection does with a frame. */
function heard<S extends Open>(
  state: S,
  event: Event,
): { readonly state: S | In<"ended">; readonly actions: readonly Action[] } {
  switch (event.type) {
    case "output": {
      const actions: Action[] = [{ type: "emit", stream: event.stream, bytes: event.bytes }];
      // From the second frame on nothing changes, and nothing is made.
      if (state.link.progress) return { state, actions };
      return { state: withSign({ ...state, link: { ...state.link, progress: true } }), actions };
    }
    case "exit":
      return finish(state, conclude(state, event.exitCode));
    case "heard":
      return { state: withSign(state), actions: [] };
    case "livenessAnswer":
      return {
        state: withSign({ ...state, session: { ...state.session, answersProbes: "yes" } }),
        actions: [],
      };
    case "serverError":
      return {
        state: withSign(state),
        actions: [report({ type: "server-message", message: event.message, code: event.code })],
      };
    case "unknownFrame":
      return { state: withSign(state), actions: [report({ type: "unknown-frame", detail: event.detail })] };
    default:
      return { state, actions: [] };
  }
}

/** The server gave a sign of life. */
function withSign<S extends Open>(state: S): S {
  if (state.link.heard && state.session.signless === 0) return state;
  return { ...state, link: { ...state.link, heard: true }, session: { ...state.session, signless: 0 } };
}

function check(state: In<"attached">, options: ReducerOptions): Transition {
  const { session, link } = state;
  const inBand = options.inBandProbe && session.answersProbes !== "no";
  if (!inBand && !options.statusProbe) return stay(state);
  const actions: Action[] = [report({ type: "checking" })];
  if (inBand) {
    actions.push(
      { type: "sendLivenessProbe" },
      { type: "startTimer", timer: "answer", delay: options.answerTimeout },
    );
  }
  if (options.statusProbe) actions.push({ type: "probe" });
  const status = options.statusProbe ? "pending" : "unknown";
  return { state: { name: "checking", session, link, inBand: inBand ? "pending" : "off", status }, actions };
}

function checking(state: In<"checking">, event: Event, options: ReducerOptions): Transition {
  switch (event.type) {
    case "status": {
      const { report: answer } = event;
      if (answer.kind === "terminal" || answer.kind === "gone") {
        return {
          state: { name: "concluding", session: state.session, link: state.link, conclusion: answer },
          actions: [{ type: "stopTimers" }, status(answer), graceTimer(options)],
        };
      }
      const next: typeof state = { ...state, status: answer.kind === "running" ? "running" : "unknown" };
      if (next.inBand === "pending") return stay(next, [status(answer)]);
      return prefix([status(answer)], () => checked(next, event, options));
    }
    case "timer":
      return event.timer === "answer" && state.inBand === "pending"
        ? halfOpen(state, event, options)
        : stay(state);
    case "closed":
      return prefix([{ type: "stopTimers" }, disconnected(event.cause)], () =>
        probe(sessionAfter(state, event.now, event.cause)),
      );
    case "start":
    case "opened":
      return stay(state);
    default: {
      const next = heard(state, event);
      if (next.state.name === "ended") return { state: next.state, actions: next.actions };
      const answered: typeof state = { ...next.state, inBand: "answered" };
      if (answered.status === "pending") return stay(answered, next.actions);
      return prefix(next.actions, () => alive(answered, options));
    }
  }
}

/** Both questions of a check are settled, and the socket is not known to be dead. */
function checked(state: In<"checking">, at: Moment, options: ReducerOptions): Transition {
  if (state.inBand === "answered" || state.status === "running") return alive(state, options);
  const session: Session = { ...state.session, signless: state.session.signless + 1 };
  if (session.signless >= MAX_SIGNLESS_CHECKS) return halfOpen({ ...state, session }, at, options);
  return { state: attachedAgain({ ...state, session }), actions: endCheck(null, options) };
}

function alive(state: In<"checking">, options: ReducerOptions): Transition {
  const session: Session = { ...state.session, signless: 0 };
  return { state: attachedAgain({ ...state, session }), actions: endCheck(true, options) };
}

function attachedAgain({ session, link }: In<"checking">): State {
  return { name: "attached", session, purpose: FOLLOW, link };
}

function endCheck(isAlive: boolean | null, options: ReducerOptions): Action[] {
  const wait = silenceTimer(options);
  return [
    { type: "stopTimers" },
    report({ type: "checked", alive: isAlive }),
    ...(wait === null ? [] : [wait]),
  ];
}

/** The in-band probe was not answered: the socket is dead, or else the server does not answer such probes. */
function halfOpen(state: In<"checking">, at: Moment, options: ReducerOptions): Transition {
  const cause: Cause = { kind: "silent", after: (options.silence ?? 0) + options.answerTimeout };
  const after = sessionAfter(state, at.now, cause);
  const missed = state.inBand === "pending";
  const session = missed ? { ...after, answersProbes: AFTER_A_MISS[after.answersProbes] } : after;
  return prefix(
    [
      { type: "stopTimers" },
      { type: "discard" },
      report({ type: "checked", alive: false }),
      disconnected(cause),
    ],
    () => again(state, session, FOLLOW, at, options),
  );
}

function concluding(state: In<"concluding">, event: Event, options: ReducerOptions): Transition {
  const expired = event.type === "timer" && event.timer === "grace";
  if (event.type !== "closed" && !expired) return heard(state, event);
  const ended = event.type === "closed" ? disconnected(event.cause) : ({ type: "discard" } as const);
  const { conclusion } = state;
  if (conclusion.kind === "gone") return prefix([ended], () => gone(state, conclusion.message));
  const session = sessionAfter(state, event.now, NO_EXIT);
  const purpose: Purpose = { kind: "drain", terminal: conclusion, fruitless: 0 };
  return prefix([{ type: "stopTimers" }, ended], () => attach(session, purpose, options));
}

function probe(session: Session): Transition {
  return { state: { name: "probing", session }, actions: [{ type: "probe" }] };
}

function probed(state: In<"probing">, answer: StatusReport, at: Moment, options: ReducerOptions): Transition {
  return prefix([status(answer)], () => {
    switch (answer.kind) {
      case "terminal":
        return attach(state.session, { kind: "drain", terminal: answer, fruitless: 0 }, options);
      case "gone":
        return gone(state, answer.message);
      case "denied":
        return fail(state, answer);
      case "running":
        return again(state, { ...state.session, signless: 0 }, FOLLOW, at, options);
      case "unavailable":
        return again(state, state.session, FOLLOW, at, options);
    }
  });
}

function gone(state: State, message: string): Transition {
  if (!state.session.killed) return fail(state, { kind: "gone", message });
  return finish(state, { status: "killed", exitCode: null, source: "kill", complete: false, message: null });
}

/** A drain ended without the exit frame. */
function drained(
  state: In<"attached">,
  purpose: Extract<Purpose, { kind: "drain" }>,
  at: Moment,
  options: ReducerOptions,
): Transition {
  const fruitless = state.link.progress ? 0 : purpose.fruitless + 1;
  if (fruitless >= MAX_FRUITLESS_DRAINS) return finishFromStatus(state, purpose.terminal);
  const session = sessionAfter(state, at.now, NO_EXIT);
  return again(state, session, { ...purpose, fruitless }, at, options);
}

/** Tries again: at once the first time in an outage, then backing off, until the budget is spent. */
function again(
  state: State,
  session: Session,
  purpose: Purpose,
  at: Moment,
  options: ReducerOptions,
): Transition {
  const { since, attempts } = session.outage;
  const left = since + options.reconnectBudget - at.now;
  if (left <= 0 || session.signless >= MAX_SIGNLESS) {
    if (purpose.kind === "drain") return finishFromStatus(state, purpose.terminal);
    return fail(state, {
      kind: "lost",
      attempts,
      budget: options.reconnectBudget,
      cause: session.outage.cause,
    });
  }
  const delay = attempts === 0 ? 0 : Math.min(left, backoff(attempts, at.random, options));
  const next: Session = { ...session, outage: { ...session.outage, attempts: attempts + 1 } };
  const attempt = attempts + 1;
  const reconnecting = report({ type: "reconnecting", attempt, delay, budget: left, purpose: purpose.kind });
  if (delay === 0) return prefix([reconnecting], () => attach(next, purpose, options));
  return {
    state: { name: "waiting", session: next, purpose },
    actions: [reconnecting, { type: "startTimer", timer: "backoff", delay }],
  };
}

function backoff(attempts: number, random: number, options: ReducerOptions): number {
  const whole = Math.min(options.backoffCap, options.backoffBase * 2 ** (attempts - 1));
  return Math.round(whole / 2 + (random * whole) / 2);
}

/** A connection that was of use ends the outage before it; one that was not is part of it. */
function sessionAfter({ session, link }: Open, now: number, cause: Cause): Session {
  const healthy = link.progress || now - link.since >= HEALTHY_AFTER;
  const outage = healthy ? { since: now, attempts: 0, cause } : { ...session.outage, cause };
  return { ...session, outage, signless: link.heard ? 0 : session.signless + 1 };
}

function conclude(state: Open, exitCode: number | null): Conclusion {
  const terminal = terminalOf(state);
  return {
    status: terminal?.status ?? "completed",
    exitCode,
    source: "exit-frame",
    complete: !state.session.discontinuous,
    message: terminal?.message ?? null,
  };
}

function terminalOf(state: State): TerminalStatus | null {
  if (state.name === "attached" && state.purpose.kind === "drain") return state.purpose.terminal;
  return state.name === "concluding" && state.conclusion.kind === "terminal" ? state.conclusion : null;
}

function finishFromStatus(state: State, terminal: TerminalStatus): Transition {
  return finish(state, {
    status: terminal.status,
    exitCode: terminal.exitCode,
    source: "status",
    complete: false,
    message: terminal.message,
  });
}

function finish(state: State, conclusion: Conclusion): Ended {
  return { state: { name: "ended", session: state.session }, actions: [{ type: "finish", conclusion }] };
}

function fail(state: State, failure: Failure): Ended {
  return { state: { name: "ended", session: state.session }, actions: [{ type: "fail", failure }] };
}

function resize(state: State, size: TerminalSize): Transition {
  const session: Session = { ...state.session, size };
  return stay({ ...state, session }, whenOpen(state, { type: "sendResize", size }));
}

function stay(state: State, actions: readonly Action[] = []): Transition {
  return { state, actions };
}

function whenOpen(state: State, action: Action): Action[] {
  return "link" in state ? [action] : [];
}

function prefix(actions: readonly Action[], then: () => Transition): Transition {
  const next = then();
  return { state: next.state, actions: [...actions, ...next.actions] };
}

function silenceTimer(options: ReducerOptions): Action | null {
  return options.silence === null ? null : { type: "startTimer", timer: "silence", delay: options.silence };
}

function graceTimer(options: ReducerOptions): Action {
  return { type: "startTimer", timer: "grace", delay: options.exitGrace };
}

function report(event: ExecutionEvent): Action {
  return { type: "report", event };
}

function status(answer: StatusReport): Action {
  const known = answer.kind === "terminal" ? answer.status : answer.kind;
  return report({
    type: "status",
    status: known,
    message: answer.kind === "running" ? null : answer.message,
  });
}

function disconnected(cause: Cause): Action {
  return report({ type: "disconnected", cause });
}
