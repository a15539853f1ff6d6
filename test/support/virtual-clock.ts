import type { Clock } from "../../src/attach/clock.ts";

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /** Moves on to the next timer that is due, however far off, and runs it. False when there is none. */
  next(): boolean;
  /** Moves on by some milliseconds and runs what is due on the way, in order. */
  advance(milliseconds: number): void;
  /**
   * Moves on without running anything, as a machine that sleeps. The timers stand still with it (`frozen`, as on Linux and macOS), or
   * are overdue afterwards (`overdue`, as on Windows, or where a background tab is throttled).
   */
  sleep(milliseconds: number, timers: "frozen" | "overdue"): void;
  /** Tells whoever listens that it woke up. */
  wake(slept: number): void;
  /** Timers that are running. */
  readonly pending: number;
  /** Who listens to wake-ups. */
  readonly listening: number;
}

export function createVirtualClock(random: () => number = () => 0.5): VirtualClock {
  let now = 0;
  let sequence = 0;
  const listeners = new Set<(slept: number) => void>();
  const timers = new Map<number, { readonly due: number; readonly callback: () => void }>();

  function soonest(): [number, { readonly due: number; readonly callback: () => void }] | undefined {
    let found: [number, { readonly due: number; readonly callback: () => void }] | undefined;
    for (const entry of timers) if (found === undefined || entry[1].due < found[1].due) found = entry;
    return found;
  }

  function run([id, { due, callback }]: [
    number,
    { readonly due: number; readonly callback: () => void },
  ]): void {
    timers.delete(id);
    now = Math.max(now, due);
    callback();
  }

  return {
    now: () => now,
    random,
    after(delay, callback) {
      sequence += 1;
      const id = sequence;
      timers.set(id, { due: now + delay, callback });
      return () => timers.delete(id);
    },
    next() {
      const timer = soonest();
      if (timer === undefined) return false;
      run(timer);
      return true;
    },
    advance(milliseconds) {
      const until = now + milliseconds;
      for (let timer = soonest(); timer !== undefined && timer[1].due <= until; timer = soonest()) run(timer);
      now = Math.max(now, until);
    },
    sleep(milliseconds, how) {
      now += milliseconds;
      if (how === "overdue") return;
      for (const [id, { due, callback }] of timers) timers.set(id, { due: due + milliseconds, callback });
    },
    onWake(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    wake(slept) {
      for (const listener of listeners) listener(slept);
    },
    get pending() {
      return timers.size;
    },
    get listening() {
      return listeners.size;
    },
  };
}
