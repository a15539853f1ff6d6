import type { ExecutionEvent } from "../attach/events.ts";
import type { ExecutionExit } from "../attach/exit.ts";

/** What a terminal's user wants to know of its connection. Times are milliseconds since the epoch, as of `Date.now()`. */
export type TerminalState =
  /** The first connection is being opened. What is typed is sent as soon as it is there. */
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  /**
   * There is no connection, and what is typed is not sent. The next attempt is made at `retryAt`, and the last one before
   * `deadline`; both are null until the status of the execution is known.
   */
  | { readonly kind: "reconnecting"; readonly retryAt: number | null; readonly deadline: number | null }
  /** The process has ended, and the terminal has all of its output. */
  | { readonly kind: "exited"; readonly exit: ExecutionExit }
  /** It is not followed any more, and why. The terminal has all that came before. */
  | { readonly kind: "failed"; readonly message: string };

/** The state after an event. The end is none of its business: that waits until the output is on the screen. */
export function stateAfter(state: TerminalState, event: ExecutionEvent, now: number): TerminalState {
  switch (event.type) {
    case "connected":
      return { kind: "connected" };
    case "disconnected":
      return { kind: "reconnecting", retryAt: null, deadline: null };
    case "reconnecting":
      // To verify what was delivered is no outage.
      if (event.purpose === "verify") return state;
      return { kind: "reconnecting", retryAt: now + event.delay, deadline: now + event.budget };
    default:
      return state;
  }
}
