import { BoxLite } from "boxlite-web";
import { answerWith } from "./child.ts";

/** Many executions that print numbered lines, which are all cut at once by the feeder. */
export interface Storm {
  readonly connected: number;
  /** When each was attached to, by `Date.now()`. */
  readonly attaches: readonly (readonly number[])[];
  /** Discontinuities, executions that failed, and lines that were not the next one. */
  readonly faults: number;
}

const attaches: number[][] = [];
let faults = 0;

answerWith(async ({ url, count }: { readonly url?: string; readonly count?: number }): Promise<Storm> => {
  if (url !== undefined && count !== undefined) {
    const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
    while (attaches.length < count) {
      await Promise.all(
        Array.from({ length: Math.min(100, count - attaches.length) }, async () => {
          const execution = await box.exec("lines", ["1000"]);
          const times: number[] = [];
          attaches.push(times);
          void watchEvents(execution.events, times);
          void watchLines(execution.stdout).catch(() => {
            faults += 1;
          });
        }),
      );
    }
  }
  return { connected: attaches.filter(({ length }) => length > 0).length, attaches, faults };
});

async function watchEvents(
  events: Awaited<ReturnType<Awaited<ReturnType<BoxLite["boxes"]["get"]>>["exec"]>>["events"],
  times: number[],
): Promise<void> {
  const reader = events.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (next.value.type === "connected") times.push(Date.now());
    else if (next.value.type === "failed") faults += 1;
    else if (next.value.type === "verdict" && /gap|ambiguous/.test(next.value.verdict.kind)) faults += 1;
  }
}

/** Each line is to be the one after the last. */
async function watchLines(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const reader = stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let expected = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (text + next.value).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== `line ${expected}`) faults += 1;
      expected += 1;
    }
  }
}
