import type { ExecutionEvent } from "boxlite-web";
import { CONNECTING, type Timeline, withEvent } from "./timeline.ts";

/** The connection of what runs in a tab, one execution after the other. */
export interface Connection {
  /** Undefined: nothing has been started yet. */
  readonly timeline: Timeline | undefined;
  /** Milliseconds since the execution's start. */
  now(): number;
  /** Something is being started. */
  begin(): void;
  /** Takes an event. */
  show(event: ExecutionEvent): void;
  /** Takes the events, until there are no more. */
  follow(events: ReadableStream<ExecutionEvent>, seen?: (event: ExecutionEvent) => void): Promise<void>;
}

/** @param changed Is called after each change of the timeline. */
export function createConnection(changed: () => void): Connection {
  let timeline: Timeline | undefined;
  let started = 0;
  const now = () => performance.now() - started;
  function show(event: ExecutionEvent): void {
    timeline = withEvent(timeline ?? CONNECTING, event, now());
    changed();
  }
  return {
    get timeline() {
      return timeline;
    },
    now,
    begin() {
      started = performance.now();
      timeline = CONNECTING;
      changed();
    },
    show,
    async follow(events, seen) {
      const reader = events.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        show(value);
        seen?.(value);
      }
    },
  };
}
