import { expect, test } from "vitest";
import { WINDOW_BYTES } from "../../src/tabs/audience.ts";
import type { State } from "../../src/tabs/membership.ts";
import { expectNamedTests, quotedIn, SPEC, tableUnder } from "../attach/spec-tables.ts";

/** SPEC.md's part about tabs says what the code does. */

test("the table of states has every state, and no other", () => {
  /** Does not compile when one is missing or unknown. */
  const states: Record<State["name"], true> = {
    idle: true,
    joining: true,
    following: true,
    asking: true,
    stealing: true,
    leading: true,
    away: true,
    ended: true,
  };
  expect(tableUnder("Who leads").map(([name = ""]) => quotedIn(name).join())).toEqual(Object.keys(states));
});

test("the window is the code's", () => {
  expect(SPEC).toContain(`At most ${WINDOW_BYTES / 1024 / 1024} MiB`);
});

const invariants = tableUnder("Invariants of sharing");

test("the invariants are in order", () => {
  expect(invariants.map(([number]) => number)).toEqual(invariants.map((_, at) => `T${at + 1}`));
});

test.each(invariants.map(([number = "", , tests = ""]) => ({ number, tests })))(
  "$number names tests that exist",
  ({ tests }) => expectNamedTests(tests),
);
