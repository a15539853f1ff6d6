import type { ExecutionEvent } from "../events.ts";

export interface EventStream {
  readonly readable: ReadableStream<ExecutionEvent>;
  write(event: ExecutionEvent): void;
  end(): void;
}

/** What waits for a reader at most; beyond it the oldest events are dropped, for nobody reads them. */
const MAX_WAITING = 256;

/** Events for whoever reads them. With no reader it costs one small array. */
export function createEventStream(): EventStream {
  const waiting: ExecutionEvent[] = [];
  let wanted = false;
  let state: "open" | "closing" | "done" = "open";
  let controller: ReadableStreamDefaultController<ExecutionEvent>;

  function serve(): void {
    if (state === "done") return;
    if (wanted) {
      const event = waiting.shift();
      if (event !== undefined) {
        wanted = false;
        controller.enqueue(event);
      }
    }
    if (state === "closing" && waiting.length === 0) {
      state = "done";
      controller.close();
    }
  }

  return {
    readable: new ReadableStream<ExecutionEvent>(
      {
        start(c) {
          controller = c;
        },
        pull() {
          wanted = true;
          serve();
        },
        cancel() {
          state = "done";
          waiting.length = 0;
        },
      },
      { highWaterMark: 0 },
    ),
    write(event) {
      if (state !== "open") return;
      if (waiting.length === MAX_WAITING) waiting.shift();
      waiting.push(event);
      serve();
    },
    end() {
      if (state !== "open") return;
      state = "closing";
      serve();
    },
  };
}
