import type { TerminalStatus } from "../status.ts";
import type { Conclusion, Failure, In, Open, State, Transition } from "./state.ts";

export type Ended = Transition & { readonly state: In<"ended"> };

export function finish(state: State, conclusion: Conclusion): Ended {
  const { session } = state;
  // A verification may have found what the exit frame before it could not know.
  const complete = conclusion.complete && !session.discontinuous;
  return {
    state: { name: "ended", session },
    actions: [{ type: "finish", conclusion: { ...conclusion, complete } }],
  };
}

export function fail(state: State, failure: Failure): Ended {
  return { state: { name: "ended", session: state.session }, actions: [{ type: "fail", failure }] };
}

/** The server does not know the execution: its end, if it was killed through this handle, or else a loss. */
export function gone(state: State, message: string): Ended {
  if (!state.session.killed) return fail(state, { kind: "gone", message });
  return finish(state, { status: "killed", exitCode: null, source: "kill", complete: false, message: null });
}

/** What an exit frame means here. */
export function conclude(state: Open, exitCode: number | null): Conclusion {
  const complete = !state.session.discontinuous;
  if (state.name === "attached" && state.purpose.kind === "verify")
    return { ...state.purpose.fallback, complete };
  const known = knownEnd(state);
  return {
    status: known?.status ?? "completed",
    exitCode,
    source: "exit-frame",
    complete,
    message: known?.message ?? null,
  };
}

function knownEnd(state: Open): Pick<Conclusion, "status" | "message"> | null {
  if (state.name === "attached" && state.purpose.kind === "drain") return state.purpose.fallback;
  return state.name === "concluding" && state.conclusion.kind === "terminal" ? state.conclusion : null;
}

/** The result where the status is all there is. */
export function fromStatus({ status, exitCode, message }: TerminalStatus): Conclusion {
  return { status, exitCode, source: "status", complete: false, message };
}
