import type { TerminalState } from "./state.ts";

/** Milliseconds between two looks at the clock while a state counts down. */
const TICK = 1_000;

/** Shows states in an element: their kind as `data-state`, for the style sheet, and a sentence as its text. */
export interface Status {
  show(state: TerminalState): void;
  /** Stops counting. What is shown stays. */
  dispose(): void;
}

export function createStatus(element: HTMLElement): Status {
  let ticking: ReturnType<typeof setInterval> | undefined;
  return {
    show(state) {
      clearInterval(ticking);
      const draw = () => {
        element.textContent = describe(state, Date.now());
      };
      element.dataset.state = state.kind;
      draw();
      if (state.kind === "reconnecting") ticking = setInterval(draw, TICK);
    },
    dispose: () => clearInterval(ticking),
  };
}

export function describe(state: TerminalState, now: number): string {
  switch (state.kind) {
    case "reconnecting": {
      const wait = secondsUntil(state.retryAt, now);
      const left = secondsUntil(state.deadline, now);
      const next = wait === 0 ? "reconnecting" : `reconnecting in ${wait} s`;
      return `${next}${left === 0 ? "" : `, giving up in ${left} s`}; what is typed is not sent`;
    }
    case "exited": {
      const { outcome, exitCode, signal } = state.exit;
      if (outcome === "exited") return `exited with code ${exitCode}`;
      return outcome === "signaled" ? `ended by signal ${signal}` : `ended: ${outcome.replace("_", " ")}`;
    }
    case "failed":
      return state.message;
    default:
      return state.kind;
  }
}

/** Whole seconds, and 0 where it is not known or has passed. */
function secondsUntil(time: number | null, now: number): number {
  return time === null ? 0 : Math.max(0, Math.ceil((time - now) / 1_000));
}
