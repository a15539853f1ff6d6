import { startChild } from "./child.ts";
import type { Costs } from "./scale-main.ts";

const COUNTS = [1, 10, 100, 1_000, 5_000];
const KIB = 1_024;

/** What an attached execution costs, by how many there are, beside a bare socket. Goal: no timer for an idle one. */
export async function scale(watched: number): Promise<boolean> {
  console.log(
    "| each of | | KiB of heap | of buffers | resident | CPU µs/s | timers in all | bare: KiB of heap | resident | CPU µs/s |",
  );
  console.log("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|");
  let timers = 0;
  for (const command of ["idle", "lines_1000"]) {
    for (const count of COUNTS) {
      const ours = await costs("client", count, command, watched);
      const bare = await costs("bare", count, command, watched);
      const each = (bytes: number) => (bytes / KIB / count).toFixed(1);
      const cpu = (costs: Costs) => ((1_000_000 * costs.cpu) / 1_000 / count).toFixed(0);
      if (command === "idle") timers = Math.max(timers, ours.timers);
      const cells = [
        ...[count, command === "idle" ? "idle" : "a line per second", each(ours.heap), each(ours.external)],
        ...[each(ours.resident), cpu(ours), ours.timers, each(bare.heap), each(bare.resident), cpu(bare)],
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
  return timers <= 1;
}

async function costs(
  side: "client" | "bare",
  count: number,
  command: string,
  watched: number,
): Promise<Costs> {
  using feeder = startChild("feeder-main");
  const { url } = await feeder.ask<{ url: string }>({});
  using child = startChild("scale-main");
  return await child.ask<Costs>({ side, url, count, command, watched });
}
