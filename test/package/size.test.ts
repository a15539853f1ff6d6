import { afterAll, beforeAll, expect, test } from "vitest";
import { BUDGETS, MODULES, measure } from "./sizes.ts";
import { installPackage, type Packed } from "./tarball.ts";

let app: Packed;
beforeAll(() => {
  app = installPackage();
}, 120_000);
afterAll(() => app?.[Symbol.dispose]());

test.each(BUDGETS.map(({ name, ...rest }) => [name, rest] as const))("%s", async (_, { code, budget }) => {
  const { gzipped } = await measure(app.folder, code);
  expect(gzipped / 1000).toBeLessThanOrEqual(budget);
  // A bundle that has lost what it is made of is small, too.
  expect(gzipped / 1000).toBeGreaterThan(budget / 2);
});

test("what follows executions, files and shared attaches are loaded by those who use them", async () => {
  const { lazy, parts } = await measure(app.folder, MODULES);
  const inOwnChunk = lazy.map(({ name }) => name);
  expect(inOwnChunk.sort()).toEqual([
    "src/client/following.ts",
    "src/files/read.ts",
    "src/files/write.ts",
    "src/tabs/share.ts",
  ]);
  const atOnce = parts.map(({ name }) => name);
  expect(atOnce).toContain("ky");
  expect(
    atOnce.filter((name) => /^src\/(tabs|tar|attach\/(replay|reducer))\/|^modern-tar/.test(name)),
  ).toEqual([]);
});
