import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Step } from "./reducer-reach.ts";

/** SPEC.md, read as data. */

export const ROOT = join(import.meta.dirname, "../..");

export const SPEC = readFileSync(join(ROOT, "SPEC.md"), "utf8");

/** The cells of the first table under a heading, row by row, without the table's own heading. */
export function tableUnder(heading: string): string[][] {
  const section = SPEC.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`SPEC.md has no heading "${heading}"`);
  const [, , ...rows] = section.split("\n").filter((line) => line.startsWith("|"));
  if (rows.length === 0) throw new Error(`SPEC.md has no table under "${heading}"`);
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in backticks. */
export function quotedIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, name = ""]) => name);
}

/** The purposes that a state can have; none for most. */
export type Purposes = ReadonlyMap<string, readonly string[]>;

/** The rows of the transition table, each taken apart into single steps. */
export function stepsInSpec(purposes: Purposes): Step[] {
  const any = [...purposes.keys()].filter((name) => name !== "ended").map((name) => `\`${name}\``);
  return tableUnder("Transitions").flatMap(([from = "", on = "", , next = ""]) =>
    expandFrom(from === "any" ? any.join() : from, purposes).flatMap((state) =>
      quotedIn(on).flatMap((event) =>
        nextOf(next, state, purposes).map((to): Step => ({ from: state, on: event, next: to })),
      ),
    ),
  );
}

const STATE = /`(\w+)`(?: to (\w+))?/g;

function expandFrom(cell: string, purposes: Purposes): string[] {
  return [...cell.matchAll(STATE)].flatMap(([, name = "", purpose]) => {
    const known = purposes.get(name) ?? [];
    if (known.length === 0) return [name];
    const meant = purpose === "fetch" ? known.filter((one) => one !== "follow") : known;
    return (purpose === undefined || purpose === "fetch" ? meant : [purpose]).map(
      (one) => `${name} to ${one}`,
    );
  });
}

function nextOf(cell: string, from: string, purposes: Purposes): string[] {
  if (cell === "–") return ["–"];
  const kept = from.split(" to ")[1] ?? "follow";
  return [...cell.matchAll(STATE)].map(([, name = "", purpose = kept]) =>
    (purposes.get(name) ?? []).length === 0 ? name : `${name} to ${purpose}`,
  );
}

/** Fails unless a cell names tests, and each of them exists. */
export function expectNamedTests(cell: string): void {
  const named = testsNamedIn(cell);
  expect(named.length).toBeGreaterThan(0);
  for (const { file, name } of named) {
    expect(existsSync(join(ROOT, file)), file).toBe(true);
    if (name !== null) expect(readFileSync(join(ROOT, file), "utf8"), file).toContain(name);
  }
  // Nothing in quotes that is not behind a file.
  expect(cell.match(/"[^"]+"/g) ?? []).toHaveLength(named.filter(({ name }) => name !== null).length);
}

interface NamedTest {
  readonly file: string;
  /** Words of its name; null where the whole file is meant. */
  readonly name: string | null;
}

/** The tests that a cell names: files in backticks, each followed by names in double quotes. */
function testsNamedIn(cell: string): NamedTest[] {
  return [...cell.matchAll(/`(test\/[^`]+)`((?:[\s,]*"[^"]+")*)/g)].flatMap(
    ([, file = "", names = ""]): NamedTest[] => {
      const quoted = [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
      return quoted.length === 0 ? [{ file, name: null }] : quoted.map((name) => ({ file, name }));
    },
  );
}
