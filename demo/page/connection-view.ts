import type { ExecutionEvent } from "boxlite-web";
import { type ConnectionState, connectionState, eventLine } from "./connection-state.ts";
import { byId, create } from "./dom.ts";

/** Shows one execution's connection: its state, its time up and down as a strip, and every event. */
export interface ConnectionView {
  /** Shows events until there are no more. `seen` is told of each. */
  follow(events: ReadableStream<ExecutionEvent>, seen: (event: ExecutionEvent) => void): Promise<void>;
}

const MAX_LINES = 500;
/** Milliseconds between two drawings of the strip's growing end. */
const STRIP_TICK = 100;

export function createConnectionView(): ConnectionView {
  const state = byId("state", HTMLOutputElement);
  const list = byId("events", HTMLOListElement);

  return {
    async follow(events, seen) {
      const started = performance.now();
      const strip = startStrip(started);
      list.replaceChildren();
      showState(state, { kind: "idle", text: "connecting" });
      const reader = events.getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const now = performance.now();
          appendLine(list, value, now - started);
          seen(value);
          const next = connectionState(value);
          if (next === undefined) continue;
          showState(state, next);
          if (next.link !== undefined) strip.turn(next.link, now);
        }
      } finally {
        strip.stop(performance.now());
      }
    },
  };
}

export function showState(
  output: HTMLOutputElement,
  { kind, text }: Pick<ConnectionState, "kind" | "text">,
): void {
  output.dataset.state = kind;
  output.textContent = text;
}

function appendLine(list: HTMLOListElement, event: ExecutionEvent, offset: number): void {
  const { kind, text } = eventLine(event);
  const line = create("li", "", { kind });
  line.append(create("time", `${(offset / 1000).toFixed(3)} s`), create("span", text));
  list.append(line);
  if (list.childElementCount > MAX_LINES) list.firstElementChild?.remove();
  list.scrollTop = list.scrollHeight;
}

/** One bar for the whole time, in pieces as long as the connection was up or down. */
function startStrip(started: number) {
  const strip = byId("strip", HTMLDivElement);
  strip.replaceChildren();
  let piece: HTMLSpanElement | undefined;
  let since = started;

  function grow(now: number): void {
    if (piece !== undefined) piece.style.flexGrow = String(Math.max(1, now - since));
  }

  const timer = setInterval(() => grow(performance.now()), STRIP_TICK);
  return {
    turn(link: "up" | "down", now: number): void {
      if (piece?.dataset.link === link) return;
      grow(now);
      since = now;
      piece = create("span", "", { link });
      grow(now);
      strip.append(piece);
    },
    stop(now: number): void {
      clearInterval(timer);
      grow(now);
    },
  };
}
