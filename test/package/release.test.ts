import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "./tarball.ts";

const workflow = (name: string) => parse(readFileSync(join(ROOT, ".github/workflows", name), "utf8"));

test("a release publishes with provenance, and only what has passed the tests", () => {
  const { on, permissions, jobs } = workflow("release.yml");
  expect(on).toEqual({ push: { tags: ["v[0-9]*"] } });
  expect(jobs.test).toEqual({ uses: "./.github/workflows/test.yml" });
  expect(jobs.publish).toMatchObject({ needs: "test", permissions: { "id-token": "write" } });
  // No other job may sign.
  expect(permissions).toEqual({ contents: "read" });
  const commands: string[] = jobs.publish.steps.flatMap(({ run = [] }) => run);
  expect(commands.at(-1)).toMatch(/^npm publish --provenance\b/);
  const tests = workflow("test.yml");
  expect(tests.on).toHaveProperty("workflow_call");
  expect(tests.jobs.test.steps.at(-1)).toEqual({ run: "npm test" });
});

test("a version is released that everything names", () => {
  const folder = mkdtempSync(join(tmpdir(), "boxlite-release-"));
  const check = (tag: string, changelog: string) => {
    writeFileSync(join(folder, "package.json"), '{ "version": "1.2.3" }');
    writeFileSync(join(folder, "jsr.json"), '{ "version": "1.2.3" }');
    writeFileSync(join(folder, "CHANGELOG.md"), changelog);
    const script = join(ROOT, "scripts/check-release.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, tag], { cwd: folder, encoding: "utf8" });
    return { status, said: stderr.split("\n").filter((line) => line !== "") };
  };
  const changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-31\n\n## 1.2.2 - 2026-01-01\n";
  expect(check("v1.2.3", changelog)).toEqual({ status: 0, said: [] });
  const said = [
    "package.json has the version 1.2.3, not 1.2.4.",
    "jsr.json has the version 1.2.3, not 1.2.4.",
    'CHANGELOG.md has no "## 1.2.4 - <year>-<month>-<day>".',
  ];
  expect(check("v1.2.4", changelog)).toEqual({ status: 1, said });
  expect(check("v1.2.3", "## 1.2.3\n")).toMatchObject({
    status: 1,
    said: [expect.stringMatching("CHANGELOG")],
  });
  rmSync(folder, { recursive: true });
});
