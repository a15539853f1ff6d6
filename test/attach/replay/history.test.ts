import fc from "fast-check";
import { expect, test } from "vitest";
import { createHistory } from "../../../src/attach/replay/history.ts";

test("keeps the last bytes, whatever the pieces and the capacity", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9_000 }),
      fc.array(fc.uint8Array({ maxLength: 6_000 })),
      (capacity, pieces) => {
        const history = createHistory(capacity);
        let all = new Uint8Array(0);
        for (const piece of pieces) {
          history.append(piece);
          all = new Uint8Array(Buffer.concat([all, piece]).subarray(-capacity));
          expect(Buffer.compare(history.copy(), all)).toBe(0);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("hands out a copy", () => {
  const history = createHistory(4);
  history.append(new Uint8Array([1, 2, 3, 4]));
  const copy = history.copy();
  history.append(new Uint8Array([5]));
  expect(copy).toEqual(new Uint8Array([1, 2, 3, 4]));
});
