import type { Cause, ExecutionEvent } from "../events.ts";
import type { StatusReport } from "../status.ts";
import type { Action, ReducerOptions, State, Transition } from "./state.ts";

export function stay(state: State, actions: readonly Action[] = []): Transition {
  return { state, actions };
}

/** A transition with more to do before it. */
export function after(actions: readonly Action[], next: Transition): Transition {
  return { state: next.state, actions: [...actions, ...next.actions] };
}

export function report(event: ExecutionEvent): Action {
  return { type: "report", event };
}

export function reportStatus(answer: StatusReport): Action {
  const status = answer.kind === "terminal" ? answer.status : answer.kind;
  return report({ type: "status", status, message: answer.kind === "running" ? null : answer.message });
}

/** @param deadline As the event has it; null unless there is a process to be followed. */
export function reportDisconnect(cause: Cause, deadline: number | null): Action {
  return report({ type: "disconnected", cause, deadline });
}

/** None when connections are never checked. */
export function startSilence(options: ReducerOptions): Action[] {
  return options.silence === null ? [] : [{ type: "startTimer", timer: "silence", delay: options.silence }];
}

export function startGrace(options: ReducerOptions): Action {
  return { type: "startTimer", timer: "grace", delay: options.exitGrace };
}
