/** How often it looks, in milliseconds, and so what a wait may take longer. */
const BEAT = 500;

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

  function remove(wait: Wait): void {
    waits.delete(wait);
    if (waits.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function look(): void {
    const time = now();
    for (const wait of waits) {
      if (wait.due > time) continue;
      remove(wait);
      wait.callback();
    }
  }

  return (delay, callback) => {
    const wait = { due: now() + delay, callback };
    waits.add(wait);
    timer ??= setInterval(look, BEAT);
    return () => remove(wait);
  };
}
