import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { markdownFiles, ROOT, readMarkdown } from "./markdown.ts";

const files = markdownFiles();
const contents = new Map(files.map((file) => [file, readMarkdown(file)]));

/** What is wrong with a link, or null. Those to other places of the web are not looked at. */
function problemOf(file: string, href: string): string | null {
  if (/^https?:/.test(href)) return null;
  const [path = "", anchor] = decodeURI(href).split("#");
  const target = path === "" ? file : posix.join(posix.dirname(file), path);
  if (target.startsWith("..") || !existsSync(join(ROOT, target))) return "there is no such file";
  if (anchor === undefined) return null;
  return contents.get(target)?.anchors.has(anchor) ? null : "there is no such heading";
}

describe.each(files)("%s", (file) => {
  test("its links lead somewhere", () => {
    const problems = (contents.get(file)?.links ?? []).flatMap(({ line, href }) => {
      const problem = problemOf(file, href);
      return problem === null ? [] : [`line ${line}: ${href}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });
});

test("there are links, and links to headings", () => {
  const hrefs = [...contents.values()].flatMap(({ links }) => links.map(({ href }) => href));
  expect(hrefs.length).toBeGreaterThan(60);
  expect(hrefs.filter((href) => href.includes("#")).length).toBeGreaterThan(10);
});

test("the site has every page, and no other", () => {
  const groups: Record<string, string[]> = JSON.parse(readFileSync(join(ROOT, "site/pages.json"), "utf8"));
  // The README is its front page; what survives mutation is for those who test.
  const elsewhere = ["README.md", "test/attach/MUTANTS.md"];
  expect(Object.values(groups).flat().sort()).toEqual(
    files.filter((file) => !elsewhere.includes(file)).sort(),
  );
});

test("CONTRIBUTING.md has every script", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const text = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  // What npm runs by itself before it packs is the build.
  const wanted = Object.keys(scripts).filter((name) => name !== "prepack");
  expect(
    wanted.filter(
      (name) =>
        !new RegExp(`\\| \`npm (run )?${name}\\b`).test(text) && !text.includes(`, \`npm run ${name}\``),
    ),
  ).toEqual([]);
});
