import { expect, test } from "vitest";
import { announcement } from "../../demo/page/log/announcement.ts";

test.each([
  [1, ["a"], "a"],
  [3, ["a", "b", "c"], "a\nb\nc"],
  [1, ["old", "new"], "new"],
  [4, ["b", "c", "d"], "4 more lines, the last one: d"],
  [12_345, ["z"], "12,345 more lines, the last one: z"],
])("of %i lines, the last ones %j, is read out: %j", (count, lines, text) => {
  expect(announcement(count, lines)).toBe(text);
});

test("a long line is read out in part", () => {
  expect(announcement(1, ["x".repeat(5_000)]).length).toBeLessThan(300);
});
