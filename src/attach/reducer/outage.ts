import type { Cause, Obstacle } from "../events.ts";
import type { Moment, Outage, Purpose, ReducerOptions, Session } from "./state.ts";

/** A result that is known waits no longer for its verification. */
const VERIFY_BUDGET = 10_000;

/** What a status request takes at most: its own limit is below that. */
const LONGEST_PROBE = 10_000;

/** What is left of the budget after a sleep, at least: the network comes back later than the machine does. */
const WAKE_GRACE = 30_000;

/** The servers end a process that nobody is attached to after this long. Their reapers look every 30 s. */
const ORPHAN_GRACE = 300_000;

export function outageFrom(now: number, cause: Cause | null): Outage {
  return { cause, attempts: 0, backoffs: 0, unopened: 0, reachable: null, spent: 0, countedTo: now };
}

/**
 * Counts the time since the last count as spent, but no more than one round takes: a backoff, a handshake, a status. What is above
 * that was slept, or the timers of a background tab were throttled, and nothing was tried.
 */
export function countRound(outage: Outage, now: number, options: ReducerOptions): Outage {
  const most = options.backoffCap + options.openTimeout + LONGEST_PROBE;
  const passed = Math.min(Math.max(0, now - outage.countedTo), most);
  return { ...outage, spent: outage.spent + passed, countedTo: now };
}

export function budgetFor(purpose: Purpose, options: ReducerOptions): number {
  const whole = options.reconnectBudget;
  return purpose.kind === "verify" ? Math.min(whole, VERIFY_BUDGET) : whole;
}

/** What an outage is after a wake-up: worth a try at once and in quick succession and, after a sleep, for a while. */
export function outageAfterWake(outage: Outage, slept: number, at: Moment, options: ReducerOptions): Outage {
  if (slept === 0) return { ...outage, backoffs: 0 };
  const { spent } = countRound(outage, at.now, options);
  const most = Math.max(0, options.reconnectBudget - WAKE_GRACE);
  return { ...outage, backoffs: 0, spent: Math.min(spent, most), countedTo: at.now };
}

/** What keeps the execution from being attached to, as well as that can be told. */
export function obstacleOf({ cause, unopened, reachable }: Outage): Obstacle {
  if (cause?.kind === "refused") return cause.status === 409 ? "slot-taken" : "refused";
  if (reachable === false) return "unreachable";
  if (cause?.kind !== "failed" && cause?.kind !== "unanswered") return "cut";
  // A browser tells nothing of a refusal. The server answers, and this was no accident: mostly a 409.
  const untold = cause.kind === "failed" && cause.message === "";
  return untold && unopened > 1 ? "slot-taken" : "blocked";
}

/** From when on the server may end the process, or null where nothing is known of it. */
export function deadlineOf({ orphanedAt }: Session): number | null {
  return orphanedAt === null ? null : Math.round(orphanedAt + ORPHAN_GRACE);
}
