import fc from "fast-check";
import { expect, test } from "vitest";
import { TAPE_LIMIT } from "./choices.ts";
import { MOST_STEPS, scheduleOfTapes } from "./schedule.ts";
import { runSchedule, soak } from "./soak.ts";

const number = fc.nat(TAPE_LIMIT - 1);
const settings = fc.array(number, { minLength: 18, maxLength: 18 });
const steps = fc.array(fc.array(number, { minLength: 6, maxLength: 6 }), { maxLength: MOST_STEPS });

// Enough for about 20 s together, on one core. `npm run simulate -- --runs 1000000` is the soak.
const SHRINKABLE = Number(process.env.SIMULATE_SHRINKABLE ?? 2_000);
const SEEDS = Number(process.env.SIMULATE_SEEDS ?? 6_000);

// The same schedules each time: a change that breaks an invariant is seen in the change, not on somebody else's day.
const SEED = Number(process.env.SIMULATE_SEED ?? 20_261_123);

test("I1 to I9: no schedule of faults, output and user calls violates an invariant, in either dialect", async () => {
  await fc.assert(
    fc.asyncProperty(settings, steps, async (first, rest) => {
      const tapes = [first, ...rest];
      const { violations } = await runSchedule(scheduleOfTapes(tapes));
      expect(violations, `npm run simulate -- --tapes '${JSON.stringify(tapes)}'`).toEqual([]);
    }),
    { numRuns: SHRINKABLE, seed: SEED },
  );
}, 300_000);

test("I1 to I9: nor do the schedules of many seeds; and they reach what they are about", async () => {
  const tally = await soak({ runs: SEEDS, seed: SEED });
  expect(tally.violations, "npm run simulate -- --runs 1 --seed <seed>").toEqual([]);
  expect(Object.keys(tally.verdicts)).toEqual(
    expect.arrayContaining([
      "exact by length",
      "exact by content",
      "exact by total",
      "provisional",
      "gap",
      "ambiguous",
    ]),
  );
  expect(Object.keys(tally.outcomes)).toEqual(
    expect.arrayContaining([
      "exit by exit-frame, complete",
      "exit by exit-frame, said to be not complete",
      "exit by status, said to be not complete",
      "exit by kill, said to be not complete",
      "let go by its user",
      "failed: connection_lost",
      "failed: execution_gone",
    ]),
  );
}, 300_000);
