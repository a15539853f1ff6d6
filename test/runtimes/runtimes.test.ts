import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InstalledSuite, installSuite } from "./installed.ts";
import { browsers, bun, deno, thisNode } from "./runtimes.ts";
import { type Stage, startStage } from "./stage.ts";

/** The suite in the runtimes that are on this machine, from the package as a user gets it. `npm run test:runtimes` fetches the others. */

const runtimes = [thisNode(), deno(), bun(), ...(await browsers())];
for (const { name, missing } of runtimes) {
  if (missing !== null)
    console.log(`${name} is not on this machine, its run of the suite is left out: ${missing}`);
}

let installed: InstalledSuite;
beforeAll(() => {
  installed = installSuite();
}, 120_000);
afterAll(() => installed?.[Symbol.dispose]());

describe.each(["serve", "runner"] as const)("on %s", (dialect) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(dialect, await installed.bundle());
  }, 60_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  for (const runtime of runtimes) {
    // What is left out has its reason printed above.
    test.skipIf(runtime.missing !== null)(runtime.name, { timeout: 300_000 }, async () => {
      const results = await runtime.run(installed.folder, stage);
      const failures = Object.entries(results).filter(([, result]) => result !== "ok");
      expect(failures).toEqual([]);
      expect(Object.keys(results).length).toBeGreaterThan(5);
    });
  }
});
