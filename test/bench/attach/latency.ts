import { startChild } from "./child.ts";
import type { Latencies } from "./latency-main.ts";
import { percentile } from "./statistics.ts";

/** Milliseconds above the bare socket's. */
const GOALS = { p50: 0.1, p99: 0.5 };

/** From the server's write to the consumer, frames of 64 B one at a time, the client and a bare socket by turns. */
export async function latency(frames: number): Promise<boolean> {
  using child = startChild("latency-main");
  const { client, bare } = await child.ask<Latencies>({ frames });
  console.log("| frames of 64 B, one at a time | p50 | p99 |\n|---|---:|---:|");
  const row = (name: string, values: readonly number[]) => {
    const cells = [percentile(values, 0.5), percentile(values, 0.99)];
    console.log(`| ${name} | ${cells.map((value) => `${value.toFixed(3)} ms`).join(" | ")} |`);
    return cells;
  };
  const [p50 = 0, p99 = 0] = row(`client, ${frames}`, client);
  const [bare50 = 0, bare99 = 0] = row(`bare socket, ${frames}`, bare);
  const [more50, more99] = [p50 - bare50, p99 - bare99];
  console.log(`| client above bare | ${more50.toFixed(3)} ms | ${more99.toFixed(3)} ms |`);
  console.log(`| goal | < ${GOALS.p50} ms | < ${GOALS.p99} ms |`);
  return more50 < GOALS.p50 && more99 < GOALS.p99;
}
