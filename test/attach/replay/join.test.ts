import fc from "fast-check";
import { expect, test } from "vitest";
import { findJoins, type Joins } from "../../../src/attach/replay/join.ts";

/** The definition, tried at every offset. */
function findJoinsSlowly(kept: Uint8Array, replay: Uint8Array, minimum: number): Joins {
  const offsets: number[] = [];
  for (let offset = 0; offset < kept.length; offset += 1) {
    const overlap = Math.min(kept.length - offset, replay.length);
    if (overlap < minimum) continue;
    if (replay.subarray(0, overlap).every((byte, at) => byte === kept[offset + at])) offsets.push(offset);
  }
  return { count: offsets.length, first: offsets[0] ?? -1 };
}

test("finds what trying every offset finds, periodic content included", () => {
  // Few different bytes: overlaps of all kinds are frequent.
  const bytes = fc.uint8Array({ min: 0, max: 1, maxLength: 40 });
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 1, max: 8 }), (kept, replay, minimum) => {
      expect(findJoins(kept, replay, minimum)).toEqual(findJoinsSlowly(kept, replay, minimum));
    }),
    { numRuns: 3_000 },
  );
});
