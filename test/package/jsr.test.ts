import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findRuntime } from "../gateway/runtimes/start.ts";
import { ROOT } from "./tarball.ts";

const json = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
const jsr = json("jsr.json");
const npm = json("package.json");

test("JSR gets the version, the licence and the entries that npm gets", () => {
  const { "./package.json": _, ...entries } = npm.exports as Record<string, { default: string }>;
  const sources = Object.entries(entries).map(([name, { default: built }]) => [
    name,
    built.replace(/^\.\/dist\/(.*)\.js$/, "./src/$1.ts"),
  ]);
  expect(jsr.exports).toEqual(Object.fromEntries(sources));
  expect([jsr.version, jsr.license]).toEqual([npm.version, npm.license]);
});

// JSR takes their versions from there; trying to publish tells nothing of one that only happens to be installed.
test("package.json has every package that the sources import", () => {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(ROOT, "src", name), "utf8").replace(/\/\*[\s\S]*?\*\//g, ""));
  const imports = sources.flatMap((source) => [...source.matchAll(/(?:\bfrom |\bimport\()"([^"]+)"/g)]);
  const packages = new Set(imports.map(([, name = ""]) => name).filter((name) => !/^(\.|node:)/.test(name)));
  expect(packages.size).toBeGreaterThan(3);
  const declared = Object.keys({ ...npm.dependencies, ...npm.devDependencies });
  expect([...packages].filter((name) => !declared.includes(name))).toEqual([]);
});

const deno = findRuntime("deno");
const reason = "no deno here: put it into PATH, or set DENO_PATH";
if (deno === undefined) console.log(`JSR: publishing is not tried, ${reason}`);

// It fails for types that would be slow, too: what is exported has to say its types.
test.skipIf(deno === undefined)("it could be published", { timeout: 120_000 }, () => {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-lock"];
  const env = { ...process.env, NO_COLOR: "1" };
  const { stderr, status } = spawnSync(deno ?? "", args, { cwd: ROOT, encoding: "utf8", env });
  expect(stderr).toContain("Dry run complete");
  expect(stderr).toContain("/src/index.ts");
  expect(stderr).not.toMatch(/\/test\/|warning/i);
  expect(status).toBe(0);
});
