import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { checkPackage, createPackageFromTarballData, type Package } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Packed, packPackage } from "./tarball.ts";

const DIST = "/node_modules/boxlite-web/dist";

let packed: Packed;
let bytes: Uint8Array<ArrayBuffer>;
beforeAll(() => {
  packed = packPackage();
  bytes = new Uint8Array(readFileSync(packed.tarball));
}, 60_000);
afterAll(() => packed?.[Symbol.dispose]());

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test("no entry's types are wrong, for all who can load ES modules", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(bytes));
  if (analysis.types === false) throw new Error("it has no types");
  // The profile "esm-only" of the command: `require()` and the resolution of before `exports` are left out.
  const leftOut = ["node10", "node16-cjs"];
  const problems = analysis.problems.filter(
    (problem) => !("resolutionKind" in problem && leftOut.includes(problem.resolutionKind)),
  );
  expect(problems).toEqual([]);
  const entries = Object.values(analysis.entrypoints).filter(({ hasTypes }) => hasTypes);
  expect(entries.length).toBeGreaterThan(5);
});

describe("source maps", () => {
  const mapOf = (files: Package, name: string) => JSON.parse(files.readFile(name));

  test("every script has one, with its sources in it", () => {
    const files = createPackageFromTarballData(bytes);
    const scripts = files.listFiles(DIST).filter((name) => name.endsWith(".js"));
    // What only passes on another file's exports has nothing to step into.
    const withCode = scripts.filter(
      (name) => !/^((import|export) \{[^}]*\}( from "[^"]*")?;\s*)+$/.test(files.readFile(name)),
    );
    expect(withCode.length).toBeGreaterThan(10);
    for (const name of withCode) {
      const { sources, sourcesContent } = mapOf(files, `${name}.map`);
      expect(sourcesContent, name).toHaveLength(sources.length);
      expect(sourcesContent.filter((text: unknown) => typeof text !== "string" || text === "")).toEqual([]);
    }
  });

  test("every declaration leads to its source, which comes with it", () => {
    const files = createPackageFromTarballData(bytes);
    const maps = files.listFiles(DIST).filter((name) => name.endsWith(".d.ts.map"));
    expect(maps.length).toBeGreaterThan(10);
    for (const name of maps) {
      for (const source of mapOf(files, name).sources) {
        expect(files.fileExists(posix.join(posix.dirname(name), source)), `${name}: ${source}`).toBe(true);
      }
    }
  });
});
