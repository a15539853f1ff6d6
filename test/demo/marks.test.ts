import { describe, expect, test } from "vitest";
import { createLineStore } from "../../demo/page/log/line-store.ts";
import { createMarks } from "../../demo/page/log/marks.ts";

function storeOf(text: string) {
  const store = createLineStore({ ceiling: 1 << 20 });
  store.append(new TextEncoder().encode(text));
  return store;
}

describe("remarks in a log", () => {
  test("are in the line of their place, in order, however late they come", () => {
    const marks = createMarks(storeOf("one\ntwo\nthree\n"));
    for (const position of [6, 4, 0, 8]) marks.add({ position, text: String(position) });
    expect([0, 1, 2].map((line) => marks.in(line).map(({ text }) => text))).toEqual([
      ["0"],
      ["4", "6"],
      ["8"],
    ]);
  });

  test("are in the last line as long as their place is still to come", () => {
    const store = storeOf("one\ntw");
    const marks = createMarks(store);
    marks.add({ position: 8, text: "gap" });
    expect(marks.in(1)).toHaveLength(1);
    store.append(new TextEncoder().encode("o\nthree"));
    expect([marks.in(1), marks.in(2).length]).toEqual([[], 1]);
  });

  test("are gone to one after the other, and round the end", () => {
    const marks = createMarks(storeOf("a\nb\nc\nd\n"));
    expect(marks.after(2)).toBe(2);
    marks.add({ position: 2, text: "" });
    marks.add({ position: 6, text: "" });
    expect([0, 1, 2, 3].map((line) => marks.after(line))).toEqual([1, 3, 3, 1]);
  });

  test("are kept up to a number", () => {
    const marks = createMarks(storeOf("a"));
    for (let position = 0; position < 1_500; position += 1) marks.add({ position, text: "" });
    expect(marks.count).toBe(1_000);
  });
});
