/** Watches over a transfer: it may take as long as it likes, but not stand still. */
export interface StallWatch {
  /** Something has moved. */
  moved(): void;
  end(): void;
}

/**
 * @param limit Milliseconds without any movement after which `stalled` is called, once; at most twice as long.
 */
export function watchForStall(limit: number, stalled: () => void): StallWatch {
  let still = false;
  // One timer for all of it, however many chunks move.
  const timer = setInterval(() => {
    if (!still) {
      still = true;
      return;
    }
    clearInterval(timer);
    stalled();
  }, limit);
  return {
    moved() {
      still = false;
    },
    end: () => clearInterval(timer),
  };
}
