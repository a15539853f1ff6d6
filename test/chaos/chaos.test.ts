import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";

// Drawn anew in each run, and printed with each finding: `npm run chaos -- --seed N --runs 1` repeats it.
const seed = Math.floor(Math.random() * 1e9);

test.each(["serve", "runner"] as const)(
  "%s: attaches cut at random places over real sockets lose, repeat and make up nothing",
  async (dialect) => {
    const report = await runChaos({ dialect, runs: 60, seed, lanes: 4 });
    expect(report.findings, `seed ${seed}`).toEqual([]);
    expect(report.cuts).toBeGreaterThanOrEqual(50);
  },
  120_000,
);
