/** How often it looks, in milliseconds, and so what a wait may take longer. */
const BEAT = 500;
/** Milliseconds without a beat after which the timer is taken for dead: one of a test's false clock goes with that. */
const DEAD = 5_000;

interface Wait {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * One timer for any number of waits, which is there as long as anything waits: a thousand quiet executions need no thousand
 * timers. It is as cheap to look at all of them twice a second.
 *
 * @param now Milliseconds, monotonic.
 * @returns What calls back once after `delay` milliseconds, or later, and returns a function that cancels it.
 */
export function createSharedTimer(now: () => number): (delay: number, callback: () => void) => () => void {
  const waits = new Set<Wait>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let beat = 0;

  function remove(wait: Wait): void {
    waits.delete(wait);
    if (waits.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function look(): void {
    const time = now();
    beat = time;
    for (const wait of waits) {
      if (wait.due > time) continue;
      remove(wait);
      wait.callback();
    }
  }

  return (delay, callback) => {
    const time = now();
    const wait = { due: time + delay, callback };
    waits.add(wait);
    if (timer === undefined || Math.abs(time - beat) > DEAD) {
      clearInterval(timer);
      timer = setInterval(look, BEAT);
      beat = time;
    }
    return () => remove(wait);
  };
}
