import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./markdown.ts";

const page = readFileSync(join(ROOT, "docs/security.md"), "utf8");
const lines = [...page.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)].map(([, file = "", name = ""]) => [
  file,
  name,
]);

test("the page has lines, each with its test", () => {
  const rows = page.split("\n").filter((line) => /^\| .* \|$/.test(line) && line.split(" | ").length === 2);
  expect(rows.length - rows.filter((line) => line === "| line | test |").length).toBe(lines.length);
  expect(lines.length).toBeGreaterThan(30);
});

test.each(lines)("%s has the test %j", (file = "", name = "") => {
  expect(readFileSync(join(ROOT, file), "utf8")).toContain(`"${name}"`);
});

test("no script runs where the package is installed", () => {
  const { scripts, dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const names = Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
  expect(names).toEqual([]);
  for (const name of Object.keys(dependencies)) expect(page).toContain(`\`${name}\``);
});
