import { startChild } from "./child.ts";
import type { Took } from "./exec-main.ts";
import { median } from "./statistics.ts";

/** The client's times as a multiple of the bare sequence's. There is no goal: it says what the handling costs. */
export async function exec(count: number, rounds: number): Promise<boolean> {
  using feeder = startChild("feeder-main");
  const { url } = await feeder.ask<{ url: string }>({});
  console.log(
    "| exec, output, exit | commands/s | bare: commands/s | time ÷ bare | CPU ms each | bare: CPU ms each |",
  );
  console.log("|---|---:|---:|---:|---:|---:|");
  for (const atATime of [1, 50]) {
    using client = startChild("exec-main");
    using bare = startChild("exec-main");
    const run = async (measured: number) => ({
      client: await client.ask<Took>({ side: "client", url, count: measured, atATime }),
      bare: await bare.ask<Took>({ side: "bare", url, count: measured, atATime }),
    });
    await run(Math.ceil(count / 4));
    const runs: Record<"client" | "bare", Took>[] = [];
    for (let round = 0; round < rounds; round += 1) runs.push(await run(count));
    const pace = (side: "client" | "bare") =>
      ((1_000 * count) / median(runs.map((each) => each[side].time))).toFixed(0);
    const cpu = (side: "client" | "bare") => (median(runs.map((each) => each[side].cpu)) / count).toFixed(2);
    const ratio = median(runs.map((each) => each.client.time / each.bare.time)).toFixed(2);
    const name = atATime === 1 ? "one after the other" : `${atATime} at a time`;
    console.log(
      `| ${name} | ${pace("client")} | ${pace("bare")} | × ${ratio} | ${cpu("client")} | ${cpu("bare")} |`,
    );
  }
  return true;
}
