import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";

// The same scenarios each time; `npm run chaos` draws others. `--seed N --runs 1` repeats a finding.
const seed = 20_261_123;

test.each(["serve", "runner"] as const)(
  "%s: attaches cut at random places over real sockets lose, repeat and make up nothing",
  async (dialect) => {
    const report = await runChaos({ dialect, runs: 60, seed, lanes: 4 });
    expect(report.findings, `seed ${seed}`).toEqual([]);
    expect(report.cuts).toBeGreaterThanOrEqual(50);
  },
  120_000,
);
