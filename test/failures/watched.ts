import type { Execution, ExecutionEvent } from "../../src/index.ts";

/** The events of an execution so far, and those to come. */
export interface Watched {
  readonly events: readonly ExecutionEvent[];
  /** Of these types, in their order. */
  of<T extends ExecutionEvent["type"]>(type: T): Extract<ExecutionEvent, { type: T }>[];
  /** Resolves when there are so many of a type. Rejects if they end before. */
  until(type: ExecutionEvent["type"], count?: number): Promise<void>;
}

export function watch(execution: Execution): Watched {
  const events: ExecutionEvent[] = [];
  let ended = false;
  let wake = () => {};
  const of = <T extends ExecutionEvent["type"]>(type: T) =>
    events.filter((event): event is Extract<ExecutionEvent, { type: T }> => event.type === type);
  const reading = async () => {
    const reader = execution.events.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      events.push(next.value);
      wake();
    }
    ended = true;
    wake();
  };
  void reading();
  return {
    events,
    of,
    async until(type, count = 1) {
      while (of(type).length < count) {
        if (ended) throw new Error(`it ended before that: ${JSON.stringify(events)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** Reads and writes text, as far as a test gets. */
export function converse({ stdout, stdin }: Execution) {
  const reader = stdout.getReader();
  const writer = stdin.getWriter();
  const decoder = new TextDecoder();
  return {
    type: (text: string) => writer.write(new TextEncoder().encode(text)),
    /** What comes next. */
    async hear(): Promise<string> {
      return decoder.decode((await reader.read()).value, { stream: true });
    },
    /** All that still comes. */
    async rest(): Promise<string> {
      let text = "";
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        text += decoder.decode(next.value, { stream: true });
      }
      return text;
    },
  };
}
