import { beforeAll, describe, expect, test } from "vitest";
import { type LargeResult, runLargeChaos } from "./large.ts";
import { largeFindings } from "./large-report.ts";

// The same scenarios each time; `npm run chaos -- --large` draws others. `--seed N --runs 1` repeats a finding.
const seed = 20_261_123;

const LARGEST = 4 * 2 ** 20;

/** A sample of `npm run chaos -- --large`, whose table stands in docs/exactly-once.md. */
describe.each(["serve", "runner"] as const)("%s, over real sockets", (dialect) => {
  let results: readonly LargeResult[] = [];

  beforeAll(async () => {
    results = await runLargeChaos({ dialect, runs: 24, seed, lanes: 8, largest: LARGEST });
  }, 300_000);

  test("what is not flagged is what the process wrote", () => {
    const unflagged = results.filter(({ flags }) => flags.size === 0);
    expect(largeFindings(unflagged), `seed ${seed}`).toEqual([]);
    expect(unflagged.length).toBeGreaterThan(5);
  });

  test("what is flagged is flagged at its byte", () => {
    const flagged = results.filter(({ flags }) => flags.size > 0);
    expect(largeFindings(flagged), `seed ${seed}`).toEqual([]);
  });
});
