import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineStore, type LineStore } from "../../demo/page/log/line-store.ts";
import { SHOWN, textOf } from "../../demo/page/log/line-text.ts";
import { createSearch, type Search } from "../../demo/page/log/search.ts";

const encoder = new TextEncoder();

function storeOf(text: string, segment = 64): LineStore {
  const store = createLineStore({ ceiling: 1 << 24, segment });
  store.append(encoder.encode(text));
  return store;
}

function finish(search: Search): number[] {
  do search.step(100);
  while (!search.done);
  return Array.from({ length: search.count }, (_, index) => search.lineAt(index) ?? -1);
}

const find = (text: string, query: string) => finish(createSearch(storeOf(text), query));

describe("a search", () => {
  test("finds the lines that show a text, in whatever case", () => {
    expect(find("Error one\nfine\nan ERROR\n\nerr\nor\nlast error", "error")).toEqual([0, 2, 6]);
  });

  test("takes a query as it stands, not as a pattern", () => {
    expect(find("a.c\nabc\n(x|y)*\n$1 [b]\\d\n", "a.c")).toEqual([0]);
    expect(find("a.c\nabc\n(x|y)*\n$1 [b]\\d\n", "(x|y)*")).toEqual([2]);
    expect(find("a.c\nabc\n(x|y)*\n$1 [b]\\d\n", "$1 [b]\\d")).toEqual([3]);
  });

  test("sees what is shown: across colours, and not what was written over", () => {
    expect(find("er\x1b[31mror\n\x1b]0;error\x07title\nerror\rgone\n", "error")).toEqual([0]);
  });

  test("finds the same as looking at each line", () => {
    const word = fc.constantFrom("a", "b", "ab", "é", "\n", "\n", "\x1b[31m", "\r", " long text that fills ");
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 80 }),
        fc.constantFrom("a", "ab", "é", "aa"),
        fc.integer({ min: 8, max: 99 }),
        (words, query, segment) => {
          const store = storeOf(words.join(""), segment);
          const lines = Array.from({ length: store.lines }, (_, line) => line);
          const expected = lines.filter((line) => textOf(store, line).toLowerCase().includes(query));
          expect(finish(createSearch(store, query))).toEqual(expected);
        },
      ),
    );
  });

  test("does not find what a long line does not show", () => {
    expect(find(`${"x".repeat(SHOWN)}needle\nneedle\n`, "needle")).toEqual([1]);
  });

  test("goes on with what comes later; a line that is being written counts as it is", () => {
    const store = storeOf("needle\nnee");
    const search = createSearch(store, "needle");
    expect(finish(search)).toEqual([0]);
    store.append(encoder.encode("dle"));
    expect(finish(search)).toEqual([0, 1]);
    store.append(encoder.encode("\rover\nneedle\n"));
    expect(finish(search)).toEqual([0, 2]);
  });

  test("forgets lines that are no longer kept", () => {
    const store = createLineStore({ ceiling: 4_000, segment: 256 });
    const search = createSearch(store, "needle");
    for (let line = 0; line < 300; line += 1) store.append(encoder.encode(`needle ${line}\n`));
    finish(search);
    for (let line = 300; line < 600; line += 1) store.append(encoder.encode(`needle ${line}\n`));
    const lines = finish(search);
    expect(store.first).toBeGreaterThan(300);
    expect(lines[0]).toBe(store.first + (textOf(store, store.first).includes("needle") ? 0 : 1));
    expect(lines.at(-1)).toBe(599);
  });

  test("goes from one to the next and round the end, from any line", () => {
    const search = createSearch(storeOf("x\nneedle\nx\nneedle\nx\n"), "needle");
    expect(search.nearest(0, "forward")).toBeUndefined();
    finish(search);
    const forward = [0, 1, 2, 3, 4].map((line) => search.nearest(line, "forward"));
    const backward = [0, 1, 2, 3, 4].map((line) => search.nearest(line, "backward"));
    expect(forward).toEqual([0, 0, 1, 1, 0]);
    expect(backward).toEqual([1, 0, 0, 1, 1]);
  });

  test("looks at a portion at a time", () => {
    const store = storeOf("0123456789\n".repeat(10_000), 1 << 16);
    const search = createSearch(store, "789");
    search.step(1);
    expect(search.done).toBe(false);
    expect(search.count).toBeGreaterThan(0);
    expect(finish(search)).toHaveLength(10_000);
  });
});
