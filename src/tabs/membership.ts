import { compareTerms, type Term } from "./protocol.ts";

/**
 * Who leads, as one tab sees it: pure, as the reducer of `attach` is. The lock decides who leads; terms tell a leader that was replaced
 * from the one that replaced it.
 *
 * ```text
 *            granted                          stolen · a later leader
 *   joining ─────────▶ leading ──────────────────────────▶ joining
 *      │ heard            ▲
 *      ▼                  │ granted
 *   following ─▶ asking ─▶ stealing          (away, back and end lead out of, and into, all of it)
 *          quiet    unanswered, twice
 * ```
 */
export type State =
  | { readonly name: "idle"; readonly seen: number }
  /** No leader is known: in line for the lock. */
  | { readonly name: "joining"; readonly seen: number; readonly term: Term | null }
  | { readonly name: "following"; readonly seen: number; readonly term: Term }
  /** Nothing was heard of a leader for a while: it was asked, `asked` times, and has not answered. */
  | { readonly name: "asking"; readonly seen: number; readonly term: Term | null; readonly asked: number }
  /** It did not answer: its lock is being taken. */
  | { readonly name: "stealing"; readonly seen: number; readonly term: Term | null }
  | { readonly name: "leading"; readonly seen: number; readonly term: Term }
  /** The page is frozen, or left: it holds nothing, and waits for nothing. */
  | { readonly name: "away"; readonly seen: number }
  | { readonly name: "ended"; readonly seen: number };

export type Event =
  | { readonly type: "start" }
  /** The lock is this tab's. */
  | { readonly type: "granted" }
  /** It is not any more; or it could not be stolen. */
  | { readonly type: "stolen" }
  /** A tab says that it leads. */
  | { readonly type: "announced"; readonly term: Term }
  /** A reply to this tab came. */
  | { readonly type: "heard"; readonly term: Term }
  | { readonly type: "timer" }
  | { readonly type: "away" }
  | { readonly type: "back" }
  | { readonly type: "end" };

export type Action =
  /** Gets in line for the lock. */
  | { readonly type: "queue" }
  | { readonly type: "steal" }
  /** Gives the lock back, or leaves the line. */
  | { readonly type: "release" }
  /** Says to all what this tab has: a leader answers. */
  | { readonly type: "join" }
  | { readonly type: "leave" }
  | { readonly type: "announce"; readonly term: Term }
  | { readonly type: "lead"; readonly term: Term }
  | { readonly type: "stepDown" }
  | { readonly type: "follow" }
  | { readonly type: "startTimer"; readonly timer: "quiet" | "answer" }
  | { readonly type: "stopTimer" };

export interface Transition {
  readonly state: State;
  readonly actions: readonly Action[];
}

/** Unanswered questions after which a leader counts as dead. */
const QUESTIONS = 2;

/** @param me This tab's id: its terms carry it. */
export function step(state: State, event: Event, me: string): Transition {
  if (state.name === "ended") return stay(state);
  switch (event.type) {
    case "start":
      return state.name === "idle" ? enter(state.seen) : stay(state);
    case "back":
      return state.name === "away" ? enter(state.seen) : stay(state);
    case "away":
      return state.name === "idle" || state.name === "away" ? stay(state) : quit(state, "away");
    case "end":
      return state.name === "idle" || state.name === "away"
        ? { state: { name: "ended", seen: state.seen }, actions: [] }
        : quit(state, "ended");
    case "granted":
      return state.name === "idle" || state.name === "away" || state.name === "leading"
        ? stay(state)
        : lead(state.seen + 1, me);
    case "stolen":
      if (state.name === "leading") return enter(state.seen, { type: "stepDown" });
      return state.name === "stealing" ? enter(state.seen) : stay(state);
    case "announced":
      return announced(state, event.term);
    case "heard":
      return heard(state, event.term);
    case "timer":
      return unanswered(state);
  }
}

function stay(state: State): Transition {
  return { state, actions: [] };
}

function enter(seen: number, ...first: readonly Action[]): Transition {
  return {
    state: { name: "joining", seen, term: null },
    actions: [...first, { type: "queue" }, { type: "join" }, { type: "startTimer", timer: "quiet" }],
  };
}

function quit({ name, seen }: State, to: "away" | "ended"): Transition {
  const first: Action[] = name === "leading" ? [{ type: "stepDown" }] : [];
  return {
    state: { name: to, seen },
    actions: [...first, { type: "leave" }, { type: "release" }, { type: "stopTimer" }],
  };
}

function lead(number: number, id: string): Transition {
  const term = { number, id };
  return {
    state: { name: "leading", seen: number, term },
    actions: [{ type: "stopTimer" }, { type: "lead", term }, { type: "announce", term }],
  };
}

function announced(state: State, term: Term): Transition {
  const seen = Math.max(state.seen, term.number);
  switch (state.name) {
    case "leading":
      // Whoever has the lock has the later term, unless it has not heard of this one: then it has a later one the next time.
      if (compareTerms(term, state.term) > 0) return enter(seen, { type: "stepDown" }, { type: "release" });
      return { state, actions: [{ type: "announce", term: state.term }] };
    case "joining":
    case "following":
    case "asking":
      if (state.term !== null && compareTerms(term, state.term) <= 0) return stay({ ...state, seen });
      return {
        state: { name: "joining", seen, term },
        actions: [{ type: "join" }, { type: "startTimer", timer: "quiet" }],
      };
    default:
      return stay({ ...state, seen });
  }
}

function heard(state: State, term: Term): Transition {
  if (state.name !== "joining" && state.name !== "following" && state.name !== "asking") return stay(state);
  if (state.term !== null && compareTerms(term, state.term) < 0) return stay(state);
  const next: State = { name: "following", seen: Math.max(state.seen, term.number), term };
  const isNew = state.name !== "following" || compareTerms(term, state.term) !== 0;
  return {
    state: next,
    actions: [...(isNew ? [{ type: "follow" } as const] : []), { type: "startTimer", timer: "quiet" }],
  };
}

function unanswered(state: State): Transition {
  switch (state.name) {
    case "joining":
    case "following":
      return ask(state.seen, state.term, 1);
    case "asking":
      if (state.asked < QUESTIONS) return ask(state.seen, state.term, state.asked + 1);
      return {
        state: { name: "stealing", seen: state.seen, term: state.term },
        actions: [{ type: "release" }, { type: "steal" }],
      };
    default:
      return stay(state);
  }
}

function ask(seen: number, term: Term | null, asked: number): Transition {
  return {
    state: { name: "asking", seen, term, asked },
    actions: [{ type: "join" }, { type: "startTimer", timer: "answer" }],
  };
}
