import type { ExecutionEvent } from "boxlite-web";
import { type ConnectionState, connectionState, eventLine, type Kind } from "./connection-state.ts";

/** One event as a line of the list. */
export interface Entry {
  /** Counts from 0, over those that are no longer kept, too. */
  readonly index: number;
  /** Milliseconds since the execution's start. */
  readonly at: number;
  readonly kind: Kind;
  readonly text: string;
}

/** A time during which the connection was up, or was not, in milliseconds since the start. */
export interface Span {
  readonly link: "up" | "down";
  readonly from: number;
  /** Undefined: it goes on. */
  readonly to: number | undefined;
}

/** What an execution's connection has been through. Immutable. */
export interface Timeline {
  readonly entries: readonly Entry[];
  readonly spans: readonly Span[];
  readonly state: Pick<ConnectionState, "kind" | "text">;
  /** When the server will begin to end the process because nobody is attached, as of `Date.now()`; null: it will not. */
  readonly deadline: number | null;
  /** How often it was lost. */
  readonly losses: number;
}

/** What is kept: the latest. */
const MAX_ENTRIES = 500;
const MAX_SPANS = 200;

export const CONNECTING: Timeline = {
  entries: [],
  spans: [],
  state: { kind: "idle", text: "connecting" },
  deadline: null,
  losses: 0,
};

/** The timeline with one more event, which came so many milliseconds after the start. */
export function withEvent(timeline: Timeline, event: ExecutionEvent, at: number): Timeline {
  const { kind, text } = eventLine(event);
  const index = (timeline.entries.at(-1)?.index ?? -1) + 1;
  const entries = [...timeline.entries, { index, at, kind, text }].slice(-MAX_ENTRIES);
  const state = connectionState(event);
  const losses = timeline.losses + (event.type === "disconnected" ? 1 : 0);
  if (state === undefined) return { ...timeline, entries, losses };
  const told = "deadline" in event ? event.deadline : timeline.deadline;
  const deadline = state.link === "down" ? told : null;
  return { entries, spans: withLink(timeline.spans, state.link, at), state, deadline, losses };
}

function withLink(spans: readonly Span[], link: "up" | "down" | undefined, at: number): Span[] {
  const last = spans.at(-1);
  if (last !== undefined && last.to === undefined && last.link === link) return [...spans];
  const ended =
    last === undefined || last.to !== undefined ? spans : [...spans.slice(0, -1), { ...last, to: at }];
  return (link === undefined ? [...ended] : [...ended, { link, from: at, to: undefined }]).slice(-MAX_SPANS);
}
