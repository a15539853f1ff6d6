import type { Clock } from "../../../src/attach/clock.ts";
import type { Random } from "../../chaos/random.ts";

/** A tab's event loop, as the world sees it. */
export interface Loop {
  /** Runs what comes to it, holds it back (frozen, or hung), or is no more. */
  state: "running" | "stopped" | "dead";
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly loop: Loop;
  readonly callback: () => void;
}

/**
 * Runs tasks one by one. Within a pipe they keep their order; which pipe is next is drawn. Time moves on only when nothing else is to be
 * done, or when it is asked to.
 */
export interface Scheduler {
  now(): number;
  post(pipe: object, loop: Loop, task: () => void): void;
  after(loop: Loop, delay: number, callback: () => void): () => void;
  clock(loop: Loop): Clock;
  /** Runs one task. Without one, and with `time`, the next timer. False when there was nothing. */
  step(time: boolean): Promise<boolean>;
}

export function createScheduler(random: Random): Scheduler {
  const pipes = new Map<object, { readonly loop: Loop; readonly task: () => void }[]>();
  const timers = new Set<Timer>();
  let now = 0;
  let order = 0;

  function ready(): object[] {
    const found: object[] = [];
    for (const [pipe, tasks] of pipes) {
      while (tasks[0]?.loop.state === "dead") tasks.shift();
      const first = tasks[0];
      if (first === undefined) pipes.delete(pipe);
      else if (first.loop.state === "running") found.push(pipe);
    }
    return found;
  }

  function nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.loop.state === "dead") timers.delete(timer);
      else if (timer.loop.state === "running") {
        const sooner =
          next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order);
        if (sooner) next = timer;
      }
    }
    return next;
  }

  function after(loop: Loop, delay: number, callback: () => void): () => void {
    order += 1;
    const timer = { due: now + delay, order, loop, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  return {
    now: () => now,
    post(pipe, loop, task) {
      const tasks = pipes.get(pipe) ?? [];
      tasks.push({ loop, task });
      pipes.set(pipe, tasks);
    },
    after,
    clock: (loop) => ({
      now: () => now,
      random: random.next,
      after: (delay, callback) => after(loop, delay, callback),
    }),
    async step(time) {
      const [first, ...others] = ready();
      const timer = nextTimer();
      if (timer !== undefined && (timer.due <= now || (first === undefined && time))) {
        timers.delete(timer);
        now = Math.max(now, timer.due);
        timer.callback();
      } else if (first !== undefined) {
        pipes
          .get(random.pick([first, ...others]))
          ?.shift()
          ?.task();
      } else {
        return false;
      }
      // What hangs on promises follows before the next task, as in an event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    },
  };
}
