import type { Clock } from "./clock.ts";
import type { Timer } from "./reducer/state.ts";

/** The pump's timers: the reducer's, and `settle`, after which bytes whose place in a replay is not known are held no longer. */
export type PumpTimer = Timer | "settle";

/** What was heard on all connections so far. */
export interface Heard {
  readonly frames: number;
  readonly pings: number;
}

export interface Timers {
  /** Starts it anew. */
  start(timer: PumpTimer, delay: number): void;
  stop(timer: PumpTimer): void;
  stopAll(): void;
  has(timer: PumpTimer): boolean;
}

/** A timer that is due by more than this, in milliseconds, was slept over, or held up by the throttling of a background tab. */
const LATE = 1_000;
/** What was received meanwhile may be handled only after such a timer: it waits this much longer, once. */
const REPRIEVE = 1_000;

/**
 * A ping is a sign of life, but says nothing of an exit frame that was lost: after this long without a frame, in milliseconds, a
 * connection is checked all the same. Later than the cloud stops an idle box (15 min), so that a check keeps none awake.
 */
export const PINGS_VOUCH_FOR = 1_200_000;

/** Due when it was quiet for their time: one timer per silence, not one per frame. It looks back when it is due. */
const WANTS_QUIET: ReadonlySet<PumpTimer> = new Set(["silence", "grace", "settle"]);
/** Those that give something up. */
const GIVES_UP: ReadonlySet<PumpTimer> = new Set(["open", "answer", "grace", "settle"]);

export function createTimers(clock: Clock, heard: Heard, fired: (timer: PumpTimer) => void): Timers {
  const running = new Map<PumpTimer, () => void>();

  function start(timer: PumpTimer, delay: number): void {
    stop(timer);
    let reprieved = false;
    let vouched = 0;

    /** Whether something was heard that puts it off. */
    function isPutOff(frames: number, pings: number): boolean {
      if (!WANTS_QUIET.has(timer)) return false;
      if (heard.frames !== frames) {
        vouched = 0;
        return true;
      }
      vouched += delay;
      return timer === "silence" && heard.pings !== pings && vouched < PINGS_VOUCH_FOR;
    }

    function arm(wait: number): void {
      const due = clock.now() + wait;
      const { frames, pings } = heard;
      const cancel = clock.after(wait, () => {
        if (isPutOff(frames, pings)) arm(delay);
        else if (!reprieved && GIVES_UP.has(timer) && clock.now() - due > LATE) {
          reprieved = true;
          arm(Math.min(delay, REPRIEVE));
        } else {
          running.delete(timer);
          fired(timer);
        }
      });
      running.set(timer, cancel);
    }

    arm(delay);
  }

  function stop(timer: PumpTimer): void {
    running.get(timer)?.();
    running.delete(timer);
  }

  return {
    start,
    stop,
    stopAll() {
      for (const timer of [...running.keys()]) stop(timer);
    },
    has: (timer) => running.has(timer),
  };
}
