import { report, stay } from "./actions.ts";
import { conclude, type Ended, finish } from "./outcome.ts";
import { verify } from "./reconnect.ts";
import type { Action, Event, Open, ReducerOptions, Transition } from "./state.ts";

/** What a frame does to an open connection that stays open. */
export interface Heard<S extends Open> {
  readonly state: S;
  readonly actions: readonly Action[];
}

/** What every open connection does with the frames that do not end it. */
export function hear<S extends Open>(state: S, event: Event): Heard<S> {
  switch (event.type) {
    case "output": {
      const actions: Action[] = [{ type: "emit", stream: event.stream, bytes: event.bytes }];
      // From the second frame on nothing changes, and nothing is made.
      if (state.link.progress) return { state, actions };
      return { state: withSign({ ...state, link: { ...state.link, progress: true } }), actions };
    }
    case "heard":
      return { state: withSign(state), actions: [] };
    case "livenessAnswer":
      return {
        state: withSign({ ...state, session: { ...state.session, answersProbes: "yes" } }),
        actions: [],
      };
    case "serverError": {
      const { message, code } = event;
      return { state: withSign(state), actions: [report({ type: "server-message", message, code })] };
    }
    case "unknownFrame":
      return { state: withSign(state), actions: [report({ type: "unknown-frame", detail: event.detail })] };
    default:
      return { state, actions: [] };
  }
}

/** What every open connection does with a frame, the exit frame included. */
export function hearAll(state: Open, event: Event, options: ReducerOptions): Transition {
  if (event.type === "exit") return exited(state, event.exitCode, event.now, options);
  const { state: next, actions } = hear(state, event);
  return stay(next, actions);
}

export function exited(
  state: Open,
  exitCode: number | null,
  now: number,
  options: ReducerOptions,
): Transition | Ended {
  const conclusion = conclude(state, exitCode);
  // What a drain or a verification has brought was compared already.
  const following = state.name !== "attached" || state.purpose.kind === "follow";
  return options.verify && following ? verify(state, conclusion, now, options) : finish(state, conclusion);
}

/** The server gave a sign of life. */
function withSign<S extends Open>(state: S): S {
  if (state.link.heard && state.session.signless === 0) return state;
  return { ...state, link: { ...state.link, heard: true }, session: { ...state.session, signless: 0 } };
}
