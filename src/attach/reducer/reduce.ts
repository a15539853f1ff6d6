import type { Cause } from "../events.ts";
import type { TerminalSize } from "../frames.ts";
import type { StatusReport } from "../status.ts";
import { after, report, reportDisconnect, reportStatus, startGrace, startSilence, stay } from "./actions.ts";
import { hearAll } from "./frames.ts";
import { check, checking, concluding } from "./liveness.ts";
import { deadlineOf, outageFrom } from "./outage.ts";
import { fail, finish, gone } from "./outcome.ts";
import { again, attach, cut, drain, FOLLOW, probe, unfinished } from "./reconnect.ts";
import {
  type Action,
  type Event,
  type In,
  isOpen,
  type Moment,
  type ReducerOptions,
  type Session,
  type State,
  type Transition,
} from "./state.ts";
import { woken } from "./wake.ts";

/**
 * The whole behaviour of an attached execution as one pure function: no I/O, no clock, no randomness. SPEC.md has the same
 * as a table. The files of this folder import one another, and from elsewhere nothing but types.
 */
export function reduce(state: State, event: Event, options: ReducerOptions): Transition {
  if (state.name === "ended") return stay(state);
  switch (event.type) {
    case "abort":
      return fail(state, { kind: "aborted", reason: event.reason });
    case "detach":
      return fail(state, { kind: "detached" });
    case "killed":
      return stay({ ...state, session: { ...state.session, killed: true } });
    case "verdict": {
      const { kind } = event.verdict;
      const discontinuous = state.session.discontinuous || kind === "gap" || kind === "ambiguous";
      return stay({ ...state, session: { ...state.session, discontinuous } }, [report(event)]);
    }
    case "stdinEof":
      return remember(state, { ...state.session, stdinClosed: true }, { type: "sendStdinEof" });
    case "resize":
      return remember(state, { ...state.session, size: event.size }, sizeAction(event.size));
    case "wake":
      return woken(state, event, options);
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

/** What the user says is sent now, if that is possible, and again after each attach. */
function remember(state: State, session: Session, action: Action): Transition {
  return stay({ ...state, session }, isOpen(state) ? [action] : []);
}

function sizeAction(size: TerminalSize): Action {
  return { type: "sendResize", size };
}

function start(session: Session, now: number, options: ReducerOptions): Transition {
  return attach({ ...session, outage: outageFrom(now, null) }, FOLLOW, options);
}

function connecting(state: In<"connecting">, event: Event, options: ReducerOptions): Transition {
  switch (event.type) {
    case "opened":
      return opened(state, event, options);
    case "closed":
      return after(
        [{ type: "stopTimers" }, reportDisconnect(event.cause, orphanDeadline(state))],
        notOpened(state, event.cause, event, options),
      );
    case "timer": {
      if (event.timer !== "open") return stay(state);
      const cause: Cause = { kind: "unanswered", after: options.openTimeout };
      return after(
        [{ type: "discard" }, reportDisconnect(cause, orphanDeadline(state))],
        notOpened(state, cause, event, options),
      );
    }
    default:
      return stay(state);
  }
}

/** Only a process that is followed can be orphaned: the others have ended. */
function orphanDeadline({ purpose, session }: In<"connecting">): number | null {
  return purpose.kind === "follow" ? deadlineOf(session) : null;
}

function opened(
  state: In<"connecting">,
  { now, pings }: Extract<Event, { type: "opened" }>,
  options: ReducerOptions,
): Transition {
  const { session, purpose } = state;
  const actions: Action[] = [{ type: "stopTimers" }];
  if (session.size !== null) actions.push(sizeAction(session.size));
  if (session.stdinClosed) actions.push({ type: "sendStdinEof" });
  actions.push(...(purpose.kind === "follow" ? startSilence(options) : [startGrace(options)]));
  const attaches = session.attaches + 1;
  actions.push(report({ type: "connected", attach: attaches, purpose: purpose.kind }));
  const link = { since: now, pings, heard: false, progress: false };
  const next: Session = { ...session, attaches, orphanedAt: now };
  return { state: { name: "attached", session: next, purpose, link }, actions };
}

function notOpened(state: In<"connecting">, cause: Cause, at: Moment, options: ReducerOptions): Transition {
  const { purpose } = state;
  const { outage } = state.session;
  const unopened = outage.unopened + 1;
  const session: Session = { ...state.session, outage: { ...outage, cause, unopened } };
  // Once may be a token that has just expired; the status says what to do then.
  const denied = isRefusedWith(cause, 401, 403) && isRefusedWith(outage.cause, 401, 403);
  if (purpose.kind === "follow") {
    return denied ? fail(state, { kind: "denied", message: "the attach was refused twice" }) : probe(session);
  }
  if (denied || isRefusedWith(cause, 404, 410)) return finish(state, purpose.fallback);
  return again(state, session, purpose, at, options);
}

function isRefusedWith(cause: Cause | null, ...statuses: number[]): boolean {
  return cause?.kind === "refused" && statuses.includes(cause.status);
}

function attached(state: In<"attached">, event: Event, options: ReducerOptions): Transition {
  const { purpose } = state;
  switch (event.type) {
    case "timer":
      if (event.timer === "silence" && purpose.kind === "follow") return check(state, options);
      if (event.timer === "grace" && purpose.kind !== "follow") {
        return after([{ type: "discard" }], unfinished(state, purpose, "through", event, options));
      }
      return stay(state);
    case "closed":
      if (purpose.kind === "follow") return cut(state, event, event.cause);
      return after(
        [{ type: "stopTimers" }, reportDisconnect(event.cause, null)],
        unfinished(state, purpose, event.behind || !state.link.heard ? "behind" : "through", event, options),
      );
    default:
      return hearAll(state, event, options);
  }
}

function probed(state: In<"probing">, answer: StatusReport, at: Moment, options: ReducerOptions): Transition {
  const { session } = state;
  const said = [reportStatus(answer)];
  switch (answer.kind) {
    case "terminal":
      return after(said, drain(session, answer, options));
    case "gone":
      return after(said, gone(state, answer.message));
    case "denied":
      return after(said, fail(state, answer));
    case "running":
      return after(said, again(state, answered(session, true), FOLLOW, at, options));
    case "unavailable":
      return after(said, again(state, answered(session, false), FOLLOW, at, options));
  }
}

function answered(session: Session, reachable: boolean): Session {
  const signless = reachable ? 0 : session.signless;
  return { ...session, signless, outage: { ...session.outage, reachable } };
}
