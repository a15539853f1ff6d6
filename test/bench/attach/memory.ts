import { startChild } from "./child.ts";
import type { Peak } from "./memory-main.ts";
import type { Reattached } from "./reattach-main.ts";

const MIB = 1_048_576;
/** `maxBufferedBytes`, by default, and what comes on top of it at most. */
const CEILING = 16;
const GOAL = CEILING + 8;

/** What a slow reader costs the client: a GiB against a reader of some KiB, with either policy. */
export async function memory(mebibytes: number): Promise<boolean> {
  using feeder = startChild("feeder-main");
  const { url } = await feeder.ask<{ url: string }>({});
  console.log(
    "| overflow | frames of | MiB | held above rest | resident above rest | read | dropped | all told | failure |",
  );
  console.log("|---|---:|---:|---:|---:|---:|---:|---|---|");
  let met = true;
  for (const overflow of ["error", "drop-oldest"] as const) {
    for (const frameBytes of [64, 4_096, 65_536]) {
      using client = startChild("memory-main");
      const peak = await client.ask<Peak>({ url, mebibytes, frameBytes, overflow });
      const told = peak.read + peak.dropped === peak.delivered;
      const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
      const cells = [
        ...[overflow, frameBytes, mebibytes, mib(peak.held), mib(peak.resident), mib(peak.read)],
        ...[mib(peak.dropped), overflow === "error" ? "–" : told, peak.failure],
      ];
      console.log(`| ${cells.join(" | ")} |`);
      met &&= peak.held <= GOAL * MIB && (overflow === "error" || told);
    }
  }
  return met;
}

const REATTACHES = [2_000, 4_000, 6_000, 8_000, 10_000];

/** What re-attaching leaves behind. */
export async function reattaches(): Promise<boolean> {
  using child = startChild("reattach-main");
  const { held, left } = await child.ask<Reattached>({ counts: REATTACHES });
  console.log(`| re-attaches | ${REATTACHES.join(" | ")} | timers and listeners left |`);
  console.log(`|---|${"---:|".repeat(REATTACHES.length + 1)}`);
  const cells = held.map((bytes) => `${(bytes / MIB).toFixed(2)} MiB`);
  console.log(`| heap and buffers after a collection | ${cells.join(" | ")} | ${left} |`);
  const growth = (held.at(-1) ?? Number.NaN) - (held.at(0) ?? Number.NaN);
  return growth < 0.5 * MIB && left === 0;
}
