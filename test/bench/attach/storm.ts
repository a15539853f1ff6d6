import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "./child.ts";
import { percentile } from "./statistics.ts";
import type { Storm } from "./storm-main.ts";

/** Attempts that are refused with 409, per execution, at most. */
const GOAL = 10;

interface Fed {
  readonly url: string;
  readonly log: { readonly opened: readonly number[]; readonly refused: readonly number[] };
}

/** Many executions cut at once: how long until all are back, and what the server sees meanwhile. */
export async function storm(count: number): Promise<boolean> {
  console.log(
    "| cut at once | the slots are free | back: first | p50 | p99 | last | most attempts in 100 ms | 409s in all | faults |",
  );
  console.log("|---:|---|---:|---:|---:|---:|---:|---:|---:|");
  let met = true;
  for (const slotsFreeAfter of [0, 2_000, 10_000]) {
    using feeder = startChild("feeder-main");
    const { url } = await feeder.ask<Fed>({});
    using client = startChild("storm-main");
    let state = await client.ask<Storm>({ url, count });
    while (state.connected < count) state = await client.ask<Storm>(await soon());
    // Some lines are there to be joined to.
    await sleep(3_000);
    const cutAt = Date.now();
    await feeder.ask({ cut: slotsFreeAfter });
    const isBack = ({ attaches }: Storm) => attaches.every((times) => (times[1] ?? 0) > 0);
    while (!isBack(state) && Date.now() - cutAt < 60_000) state = await client.ask<Storm>(await soon());
    await sleep(2_000);
    state = await client.ask<Storm>({});
    const { log } = await feeder.ask<Fed>({});
    const back = state.attaches.map((times) => (times[1] ?? Number.NaN) - cutAt);
    const refused = log.refused.filter((at) => at >= cutAt);
    const attempts = [...log.opened, ...refused].filter((at) => at >= cutAt);
    const times = [0, 0.5, 0.99, 1].map((share) => `${percentile(back, share).toFixed(0)} ms`);
    const free = slotsFreeAfter === 0 ? "at once" : `after ${slotsFreeAfter / 1_000} s`;
    const cells = [count, free, ...times, mostIn(attempts, 100), refused.length, state.faults];
    console.log(`| ${cells.join(" | ")} |`);
    met &&= isBack(state) && state.faults === 0 && refused.length <= GOAL * count;
  }
  return met;
}

/** How many of these times lie within a span of so many milliseconds, at most. */
function mostIn(times: readonly number[], span: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.max(...sorted.map((start, at) => sorted.findLastIndex((time) => time < start + span) - at + 1));
}

async function soon(): Promise<object> {
  await sleep(250);
  return {};
}
