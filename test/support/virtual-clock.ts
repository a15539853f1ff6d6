import type { Clock } from "../../src/attach/clock.ts";

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /** Moves on to the next timer that is due, however far off, and runs it. False when there is none. */
  next(): boolean;
  /** Moves on by some milliseconds and runs what is due on the way, in order. */
  advance(milliseconds: number): void;
  /** Timers that are running. */
  readonly pending: number;
}

export function createVirtualClock(random: () => number = () => 0.5): VirtualClock {
  let now = 0;
  let sequence = 0;
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
      now = until;
    },
    get pending() {
      return timers.size;
    },
  };
}
