import { createSharedTimer } from "./shared-timer.ts";
import { onPlatformWake, type WakeListener } from "./wake.ts";

/** Time and chance as the pump sees them. A test or a simulation brings its own; the platform's is the default. */
export interface Clock {
  /** Milliseconds since the epoch. It never goes back, and goes on while the machine sleeps. */
  now(): number;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** Calls back once after `delay` milliseconds, or later; the returned function cancels it. */
  after(delay: number, callback: () => void): () => void;
  /** Calls back at every wake-up; the returned function ends that. A clock without it never sleeps. */
  onWake?(listener: WakeListener): () => void;
}

/** What the clocks may differ by, in milliseconds, before that is taken for a sleep: they are read one after the other. */
const TOLERANCE = 1_000;

/**
 * A clock that is monotonic, and right about sleep: monotonic clocks stand still while the machine sleeps on some platforms, so
 * that what the wall clock is ahead by was slept. A wall clock that is set back changes nothing; one that is set forward looks
 * like a sleep, and costs a check.
 */
export function createSleepAwareTime(wall: () => number, monotonic: () => number): () => number {
  let offset = wall() - monotonic();
  return () => {
    const now = monotonic();
    const ahead = wall() - now;
    if (ahead - offset > TOLERANCE) offset = ahead;
    return now + offset;
  };
}

/** Milliseconds; what is longer is taken for 1 by the platforms. Who waits so long is called back early, once in 24 days. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Reads it once per turn of the event loop: a turn may bring a thousand frames, each of which asks for the time. */
export function oncePerTurn(read: () => number): () => number {
  let known: number | undefined;
  const forget = () => {
    known = undefined;
  };
  return () => {
    if (known === undefined) queueMicrotask(forget);
    known ??= read();
    return known;
  };
}

/** Milliseconds from which on half a second more is not much. */
const LONG = 5_000;
/** Not in a page, where a beat is throttled more than a timer of one's own, nor on Workers, where a timer ends with the request that made it. */
const SHARES_TIMERS = globalThis.document === undefined && !("WebSocketPair" in globalThis);
const afterLong = createSharedTimer(() => performance.now());

/** The platform's time, and its wake-ups. */
export const systemClock: Clock = {
  now: oncePerTurn(createSleepAwareTime(Date.now, () => performance.now())),
  random: Math.random,
  after(delay, callback) {
    if (SHARES_TIMERS && delay >= LONG) return afterLong(delay, callback);
    const timer = setTimeout(callback, Math.min(delay, LONGEST_DELAY));
    return () => clearTimeout(timer);
  },
  onWake: onPlatformWake,
};
