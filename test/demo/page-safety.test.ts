import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const page = join(import.meta.dirname, "../../demo/page");
const files = readdirSync(page, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test("no file of the page makes elements from text", () => {
  expect(files.length).toBeGreaterThan(30);
  const markup =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|createContextualFragment|DOMParser|\beval\b|new Function/;
  expect(files.filter((name) => markup.test(readFileSync(join(page, name), "utf8")))).toEqual([]);
});

test("what is tested without a page needs none", () => {
  const pure = [
    "log/ansi",
    "log/style",
    "log/colour",
    "log/line-store",
    "log/segment",
    "log/line-text",
    "log/search",
  ];
  const more = [
    "log/viewport",
    "log/announcement",
    "log/marks",
    "network/timeline",
    "network/countdown",
    "tabs/tab-order",
  ];
  for (const name of [...pure, ...more]) {
    const source = readFileSync(join(page, `${name}.ts`), "utf8");
    expect(source, name).not.toMatch(/\bdocument\b|\bwindow\b|dom\.ts|HTMLElement/);
  }
});
