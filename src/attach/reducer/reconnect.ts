import type { Cause } from "../events.ts";
import type { TerminalStatus } from "../status.ts";
import { after, report } from "./actions.ts";
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

/** Those that are cut may each have been cut before they got to what is new: they go on for this long, in milliseconds. */
const FETCH_FOR = 30_000;

/** Checks and connections in a row without any sign of life before the execution is given up. */
const MAX_SIGNLESS = 8;

/** A result that is known waits no longer for its verification. */
const VERIFY_BUDGET = 10_000;

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
  return attach(session, { kind: "drain", fallback: fromStatus(terminal), fruitless: 0 }, options);
}

/** There is a result: attaches at once, to compare the backlog with what was delivered. */
export function verify(
  state: Open,
  conclusion: Conclusion,
  now: number,
  options: ReducerOptions,
): Transition {
  const session: Session = { ...state.session, outage: { since: now, attempts: 0, cause: null } };
  const next = attach(session, { kind: "verify", fallback: { ...conclusion }, fruitless: 0 }, options);
  return after([{ type: "stopTimers" }, { type: "discard" }], next);
}

export function probe(session: Session): Transition {
  return { state: { name: "probing", session }, actions: [{ type: "probe" }] };
}

/** A fetch ended without the exit frame: it was cut, or the server had nothing more to say. */
export function unfinished(
  state: Open,
  purpose: Fetch,
  how: "cut" | "silent",
  at: Moment,
  options: ReducerOptions,
): Transition {
  const fruitless = state.link.progress ? 0 : purpose.fruitless + 1;
  const session = sessionAfter(state, at.now, NO_EXIT);
  const enough = how === "silent" || at.now - session.outage.since >= FETCH_FOR;
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
  const { since, attempts, cause } = session.outage;
  const whole = options.reconnectBudget;
  const budget = since + (purpose.kind === "verify" ? Math.min(whole, VERIFY_BUDGET) : whole) - at.now;
  if (budget <= 0 || session.signless >= MAX_SIGNLESS) {
    if (purpose.kind !== "follow") return finish(state, purpose.fallback);
    return fail(state, { kind: "lost", attempts, budget: whole, cause });
  }
  const attempt = attempts + 1;
  const next: Session = { ...session, outage: { since, attempts: attempt, cause } };
  const delay = attempts === 0 ? 0 : Math.min(budget, backoff(attempts, at.random, options));
  const reconnecting = report({ type: "reconnecting", attempt, delay, budget, purpose: purpose.kind });
  if (delay === 0) return after([reconnecting], attach(next, purpose, options));
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
export function sessionAfter({ session, link }: Open, now: number, cause: Cause): Session {
  const healthy = link.progress || now - link.since >= HEALTHY_AFTER;
  const outage = healthy ? { since: now, attempts: 0, cause } : { ...session.outage, cause };
  return { ...session, outage, signless: link.heard ? 0 : session.signless + 1 };
}

/** What a connection leaves behind whose exit frame was lost. */
export function sessionWithoutExit(state: Open, now: number): Session {
  return sessionAfter(state, now, NO_EXIT);
}
