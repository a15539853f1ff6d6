import { BoxLite } from "boxlite-web";
import { answerWith } from "./child.ts";
import { heldBytes, heldNow } from "./held.ts";

/** A reader that takes a little now and then, against a producer that does not wait for it. */
export interface SlowReader {
  readonly url: string;
  readonly mebibytes: number;
  readonly frameBytes: number;
  readonly overflow: "error" | "drop-oldest";
}

export interface Peak {
  /** Bytes above rest, at most: of the heap with the buffers outside of it after a collection, and of resident memory. */
  readonly held: number;
  readonly resident: number;
  /** Bytes that were read, that an event said were dropped, and that came in all, as the exit says. */
  readonly read: number;
  readonly dropped: number;
  readonly delivered: number;
  readonly failure: string;
}

answerWith(async ({ url, mebibytes, frameBytes, overflow }: SlowReader): Promise<Peak> => {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
  // What is loaded and compiled once is not to be counted.
  await (await box.exec("feed", ["64", String(frameBytes)])).output();
  const rest = { held: await heldBytes(), resident: process.memoryUsage.rss() };
  const most = { held: 0, resident: 0 };
  const watch = setInterval(() => {
    most.resident = Math.max(most.resident, process.memoryUsage.rss() - rest.resident);
    most.held = Math.max(most.held, heldNow() - rest.held);
  }, 100);
  const execution = await box.exec("feed", [String(mebibytes), String(frameBytes)], { overflow });
  let ended = false;
  void execution.exit.then(() => {
    ended = true;
  });
  let read = 0;
  let dropped = 0;
  let failure = "none";
  void (async () => {
    for await (const event of execution.events) if (event.type === "dropped") dropped += event.bytes;
  })();
  const reader = execution.stdout.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      read += next.value.length;
      // A chunk each 20 ms, until the producer is through.
      if (!ended) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch (error) {
    failure = error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
  const { delivered } = await execution.exit;
  clearInterval(watch);
  return { ...most, read, dropped, delivered: delivered.stdout.bytes, failure };
});
