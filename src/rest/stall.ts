/** Watches over a transfer: it may take as long as it likes, but what it waits for has to come. */
export interface StallWatch {
  /** Something is waited for, from now on. */
  waiting(): void;
  /** Nothing is waited for: what there is has not been asked for. */
  resting(): void;
  end(): void;
}

/**
 * @param limit Milliseconds that are waited, after which `stalled` is called, once; at most twice as long.
 */
export function watchForStall(limit: number, stalled: () => void): StallWatch {
  let state: "resting" | "waiting" | "waited" = "resting";
  let timer: ReturnType<typeof setInterval> | undefined;

  function end(): void {
    clearInterval(timer);
    timer = undefined;
    state = "resting";
  }

  function look(): void {
    if (state === "waiting") {
      state = "waited";
      return;
    }
    const late = state === "waited";
    end();
    if (late) stalled();
  }

  return {
    waiting() {
      state = "waiting";
      // One timer for all that moves within its time, however many chunks that are.
      timer ??= setInterval(look, limit);
    },
    resting() {
      state = "resting";
    },
    end,
  };
}
