import type { Action, State, Transition } from "../../src/attach/reducer/state.ts";

/** A transition as one line: the state it leads to, and what is done on the way, in order. */
export function summarize({ state, actions }: Transition, before: State): string {
  const names = actions.map(summarizeAction);
  const to = state === before || nameOf(state) === nameOf(before) ? "stay" : nameOf(state);
  return names.length === 0 ? to : `${to}: ${names.join(", ")}`;
}

function nameOf(state: State): string {
  return "purpose" in state && state.purpose.kind !== "follow"
    ? `${state.name} to ${state.purpose.kind}`
    : state.name;
}

function summarizeAction(action: Action): string {
  switch (action.type) {
    case "startTimer":
      return `+${action.timer} ${action.delay}`;
    case "stopTimers":
      return "-timers";
    case "report":
      return `(${action.event.type}${action.event.type === "status" ? ` ${action.event.status}` : ""})`;
    case "finish":
      return `finish ${action.conclusion.status} ${action.conclusion.exitCode} by ${action.conclusion.source}`;
    case "fail":
      return `fail ${action.failure.kind}`;
    default:
      return action.type;
  }
}
