import type { Cause } from "../events.ts";
import type { TerminalStatus } from "../status.ts";
import { after, report, reportDisconnect } from "./actions.ts";
import { budgetFor, countRound, deadlineOf, obstacleOf, outageFrom } from "./outage.ts";
import { fail, finish, fromStatus } from "./outcome.ts";
import type {
  Conclusion,
  Fetch,
  Moment,
  Open,
  Purpose,
  ReducerOptions,
  Session,
  State,
  Transition,
} from "./state.ts";

/** A connection that brought nothing new is no success until it has lasted this long; before, backing off goes on. */
const HEALTHY_AFTER = 5_000;

/** Fetches in a row that bring neither a new byte nor the exit frame, before the fallback has to do. */
const MAX_FRUITLESS = 3;

/** Those that are cut before they get to what may be new go on for this long, in milliseconds. */
const FETCH_FOR = 30_000;

/** Checks and connections in a row without any sign of life before the execution is given up. */
const MAX_SIGNLESS = 8;

const NO_EXIT: Cause = { kind: "no-exit-frame" };

export const FOLLOW: Purpose = { kind: "follow" };

export function attach(session: Session, purpose: Purpose, options: ReducerOptions): Transition {
  return {
    state: { name: "connecting", session, purpose },
    actions: [{ type: "attach" }, { type: "startTimer", timer: "open", delay: options.openTimeout }],
  };
}

/** The process has ended: attaches at once, to fetch what it left. */
export function drain(session: Session, terminal: TerminalStatus, options: ReducerOptions): Transition {
  const told: Session = { ...session, outage: { ...session.outage, reachable: true } };
  return attach(told, { kind: "drain", fallback: fromStatus(terminal), fruitless: 0 }, options);
}

/** There is a result: attaches at once, to compare the backlog with what was delivered. */
export function verify(
  state: Open,
  conclusion: Conclusion,
  now: number,
  options: ReducerOptions,
): Transition {
  const session: Session = { ...state.session, outage: outageFrom(now, null) };
  const next = attach(session, { kind: "verify", fallback: { ...conclusion }, fruitless: 0 }, options);
  return after([{ type: "stopTimers" }, { type: "discard" }], next);
}

export function probe(session: Session): Transition {
  return { state: { name: "probing", session }, actions: [{ type: "probe" }] };
}

/** The connection to a process that is followed ended: the status is asked for, whatever the cause. */
export function cut(state: Open, at: Moment, cause: Cause): Transition {
  const session = sessionAfter(state, at, cause);
  return after([{ type: "stopTimers" }, reportDisconnect(cause, deadlineOf(session))], probe(session));
}

/** A fetch ended without the exit frame: in the middle of its replay, or when that was through. */
export function unfinished(
  state: Open,
  purpose: Fetch,
  how: "behind" | "through",
  at: Moment,
  options: ReducerOptions,
): Transition {
  const fruitless = state.link.progress ? 0 : purpose.fruitless + 1;
  const session = sessionAfter(state, at, NO_EXIT);
  const enough = how === "through" || countRound(session.outage, at.now, options).spent >= FETCH_FOR;
  if (fruitless >= MAX_FRUITLESS && enough) return finish(state, purpose.fallback);
  return again(state, session, { ...purpose, fruitless }, at, options);
}

/** Tries again: at once the first time in an outage, then backing off, until the budget is spent. */
export function again(
  state: State,
  session: Session,
  purpose: Purpose,
  at: Moment,
  options: ReducerOptions,
): Transition {
  const outage = countRound(session.outage, at.now, options);
  const { attempts, backoffs, cause, spent } = outage;
  const budget = budgetFor(purpose, options) - spent;
  const obstacle = obstacleOf(outage);
  if (budget <= 0 || session.signless >= MAX_SIGNLESS) {
    if (purpose.kind !== "follow") return finish(state, purpose.fallback);
    return fail(state, { kind: "lost", attempts, budget: options.reconnectBudget, cause, obstacle });
  }
  const attempt = attempts + 1;
  const next: Session = { ...session, outage: { ...outage, attempts: attempt, backoffs: backoffs + 1 } };
  const delay = backoffs === 0 ? 0 : Math.min(budget, backoff(backoffs, at.random, options));
  const deadline = purpose.kind === "follow" ? deadlineOf(session) : null;
  const { kind } = purpose;
  const reconnecting = report({
    type: "reconnecting",
    attempt,
    delay: Math.round(delay),
    budget: Math.round(budget),
    purpose: kind,
    obstacle,
    deadline,
  });
  if (delay === 0) return after([reconnecting], attach(next, purpose, options));
  return {
    state: { name: "waiting", session: next, purpose },
    actions: [reconnecting, { type: "startTimer", timer: "backoff", delay }],
  };
}

function backoff(backoffs: number, random: number, options: ReducerOptions): number {
  const whole = Math.min(options.backoffCap, options.backoffBase * 2 ** (backoffs - 1));
  return Math.round(whole / 2 + (random * whole) / 2);
}

/** A connection that was of use ends the outage before it; one that was not is part of it. */
export function sessionAfter({ session, link }: Open, at: Moment, cause: Cause): Session {
  const healthy = link.progress || at.now - link.since >= HEALTHY_AFTER;
  const outage = healthy ? outageFrom(at.now, cause) : { ...session.outage, cause, unopened: 0 };
  const signless = link.heard ? 0 : session.signless + 1;
  return { ...session, outage, signless, orphanedAt: at.now - at.quiet };
}

/** What a connection leaves behind whose exit frame was lost. */
export function sessionWithoutExit(state: Open, at: Moment): Session {
  return sessionAfter(state, at, NO_EXIT);
}
