import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createWatch,
  findJoins,
  findOnce,
  type Joins,
  longestBorder,
} from "../../../src/attach/replay/join.ts";

/** Each search against its definition, tried at every place. */

/** Few different bytes: overlaps, repetitions and borders of all kinds are frequent. */
const bytes = (minLength = 0, maxLength = 40) => fc.uint8Array({ min: 0, max: 1, minLength, maxLength });
const RUNS = { numRuns: 1_000 };

function isAt(pattern: Uint8Array, text: Uint8Array, offset: number): boolean {
  return pattern.every((byte, at) => byte === text[offset + at]);
}

function findJoinsSlowly(kept: Uint8Array, replay: Uint8Array, minimum: number): Joins {
  const offsets: number[] = [];
  for (let offset = 0; offset < kept.length; offset += 1) {
    const overlap = Math.min(kept.length - offset, replay.length);
    if (overlap >= minimum && isAt(replay.subarray(0, overlap), kept, offset)) offsets.push(offset);
  }
  const several = offsets.length > 1;
  return { count: several ? 2 : offsets.length === 1 ? 1 : 0, first: offsets[0] ?? -1 };
}

test("finds what trying every offset finds, periodic content included", () => {
  fc.assert(
    fc.property(bytes(), bytes(), fc.integer({ min: 1, max: 8 }), (kept, replay, minimum) => {
      expect(findJoins(kept, replay, minimum)).toEqual(findJoinsSlowly(kept, replay, minimum));
    }),
    RUNS,
  );
});

test("what occurs exactly once is found, and only that", () => {
  fc.assert(
    fc.property(bytes(1, 6), bytes(), (pattern, text) => {
      const ends: number[] = [];
      for (let end = pattern.length; end <= text.length; end += 1) {
        if (isAt(pattern, text, end - pattern.length)) ends.push(end);
      }
      expect(findOnce(pattern, text)).toBe(ends.length === 1 ? ends[0] : -1);
    }),
    RUNS,
  );
});

describe("a watch", () => {
  test("sees the pattern wherever it ends, overlaps included, whatever of it came before", () => {
    fc.assert(
      fc.property(bytes(1, 6), fc.nat(6), bytes(), (pattern, before, text) => {
        const matched = Math.min(before, pattern.length);
        const all = Uint8Array.from([...pattern.subarray(0, matched), ...text]);
        const watch = createWatch(pattern, matched);
        text.forEach((byte, at) => {
          const start = matched + at + 1 - pattern.length;
          expect(watch.next(byte), `byte ${at}`).toBe(start >= 0 && isAt(pattern, all, start));
        });
      }),
      RUNS,
    );
  });
});

test("the longest border is a beginning that is also the end, and there is no longer one", () => {
  fc.assert(
    fc.property(bytes(), (content) => {
      let longest = 0;
      for (let length = 1; length < content.length; length += 1) {
        if (isAt(content.subarray(0, length), content, content.length - length)) longest = length;
      }
      expect(longestBorder(content)).toBe(longest);
    }),
    RUNS,
  );
});
