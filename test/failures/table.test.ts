import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../docs/reconnects.md"), "utf8");
const section = page.slice(page.indexOf("## What happens when"));
const rows = [...section.slice(0, section.indexOf("\n## ", 1)).matchAll(/^\| (the .*?|this .*?|a .*?) \|/gm)];

test("the page has rows", () => {
  expect(rows.length).toBeGreaterThan(8);
});

test.each(rows.map(([, when]) => when))("%j is made to happen", (when) => {
  const tests = readdirSync(import.meta.dirname).map((file) =>
    readFileSync(join(import.meta.dirname, file), "utf8"),
  );
  expect(tests.some((text) => text.includes(`("${when}`))).toBe(true);
});
