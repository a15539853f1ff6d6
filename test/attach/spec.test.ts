import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Event, State } from "../../src/attach/reducer/state.ts";
import { BACKLOG_BYTES, LARGEST_CHUNK, MINIMUM_OVERLAP } from "../../src/attach/replay/positioner.ts";
import type { Verdict } from "../../src/attach/replay/verdict.ts";
import { EVENTS, STATES } from "./reducer-cases.ts";
import { formatStep, reachableSteps } from "./reducer-reach.ts";
import { expectNamedTests, quotedIn, ROOT, SPEC, stepsInSpec, tableUnder } from "./spec-tables.ts";

/** SPEC.md says what the code does: where the two disagree, one of them is wrong. */

const states = Object.values<State>(STATES);
const stateNames = [...new Set(states.map(({ name }) => name))];

/** Which purposes each state has, as the cases of the reducer's tests have them. */
const purposes = new Map(
  stateNames.map((name) => {
    const found = states.flatMap((state) =>
      state.name === name && "purpose" in state ? [state.purpose.kind] : [],
    );
    return [name, [...new Set(found)]] as const;
  }),
);

describe("states and transitions", () => {
  test("the table of states has every state, and no other", () => {
    const inSpec = tableUnder("States").map(([name = ""]) => quotedIn(name).join());
    expect(inSpec.sort()).toEqual([...stateNames].sort());
  });

  test("the table of transitions has every event, and no other", () => {
    const inSpec = new Set(stepsInSpec(purposes).map(({ on }) => on.split(" ")[0]));
    expect([...inSpec].sort()).toEqual(
      [...new Set(Object.values<Event>(EVENTS).map(({ type }) => type))].sort(),
    );
  });

  test("the table of transitions has every step that the reducer takes", () => {
    const inSpec = new Set(stepsInSpec(purposes).map(formatStep));
    expect(
      reachableSteps()
        .map(formatStep)
        .filter((step) => !inSpec.has(step)),
    ).toEqual([]);
  });

  test("the reducer takes every step that the table of transitions has", () => {
    const taken = new Set(reachableSteps().map(formatStep));
    expect(
      stepsInSpec(purposes)
        .map(formatStep)
        .filter((step) => !taken.has(step)),
    ).toEqual([]);
  });
});

describe("replay", () => {
  /** Does not compile when a verdict or a proof is missing or unknown. */
  const verdicts: Record<Verdict["kind"], true> = {
    exact: true,
    provisional: true,
    gap: true,
    ambiguous: true,
  };
  const proofs: Record<Extract<Verdict, { kind: "exact" }>["proof"], true> = {
    length: true,
    total: true,
    content: true,
  };

  test("the table of verdicts has every verdict and every proof, and no other", () => {
    const inSpec = tableUnder("Where a replay joins").map(([verdict = ""]) => quotedIn(verdict).join(" by "));
    const exact = Object.keys(proofs).map((proof) => `exact by ${proof}`);
    const others = Object.keys(verdicts).filter((kind) => kind !== "exact");
    expect(inSpec.sort()).toEqual([...exact, ...others].sort());
  });

  test("its numbers are the code's", () => {
    const section = SPEC.slice(SPEC.indexOf("## Where a replay joins"), SPEC.indexOf("## Invariants"));
    const bytes = new Set(
      [...section.matchAll(/\b(\d{2,3}(?:,\d{3})*|\d,\d{3}) bytes/g)].map(([, count]) => count),
    );
    const inCode = [BACKLOG_BYTES, BACKLOG_BYTES - LARGEST_CHUNK, LARGEST_CHUNK, MINIMUM_OVERLAP];
    expect([...bytes].sort()).toEqual(inCode.map((count) => count.toLocaleString("en-US")).sort());
  });
});

describe("invariants", () => {
  const invariants = tableUnder("Invariants");

  test("there are ten, in order", () => {
    expect(invariants.map(([number]) => number)).toEqual(Array.from({ length: 10 }, (_, at) => `I${at + 1}`));
  });

  test.each(invariants.map(([number = "", , tests = ""]) => ({ number, tests })))(
    "$number names tests that exist",
    ({ tests }) => expectNamedTests(tests),
  );
});

test("every file that it names exists", () => {
  const named = quotedIn(SPEC.replace(/^```[\s\S]*?^```/gm, "")).filter((name) =>
    /^(src|test|docs)\/|\.ts$/.test(name),
  );
  expect(named.length).toBeGreaterThan(20);
  const places = ["", "src/attach"];
  const missing = named.filter((name) => !places.some((place) => existsSync(join(ROOT, place, name))));
  expect(missing).toEqual([]);
});
