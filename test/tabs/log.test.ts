import fc from "fast-check";
import { expect, test } from "vitest";
import { createLog, type Item } from "../../src/tabs/log.ts";

const EXACT = { kind: "exact", proof: "length" } as const;
const GAP = { kind: "gap", missing: 1 } as const;

function readAll(
  log: ReturnType<typeof createLog>,
  cursor: { position: number; marks: number },
  limit = 1e9,
): Item[] {
  const items: Item[] = [];
  for (let item = log.next(cursor, limit); item !== undefined; item = log.next(cursor, limit))
    items.push(item);
  return items;
}

test("keeps the last bytes, whatever the pieces: a reader gets what is kept from where it is", () => {
  const step = fc.record({ write: fc.uint8Array({ maxLength: 40 }), limit: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 30 }), (steps, capacity) => {
      const log = createLog(capacity);
      const cursor = { position: 0, marks: 0 };
      let written: number[] = [];
      let expected = 0;
      for (const { write, limit } of steps) {
        log.append(write);
        written = [...written, ...write];
        expect(log.end).toBe(written.length);
        expect(log.start).toBe(Math.max(0, written.length - capacity));
        expect([...log.tail()]).toEqual(written.slice(log.start));
        for (const item of readAll(log, cursor, limit)) {
          if (item.kind !== "bytes") throw new Error("there are no marks");
          expect(item.position).toBe(Math.max(expected, log.start));
          expect(item.bytes.length).toBeLessThanOrEqual(limit);
          expect([...item.bytes]).toEqual(written.slice(item.position, item.position + item.bytes.length));
          expected = item.position + item.bytes.length;
        }
        expect(expected).toBe(written.length);
      }
    }),
  );
});

test("a mark is read in its place among the bytes, once", () => {
  const log = createLog();
  log.append(new Uint8Array(3));
  log.mark(3, GAP);
  log.append(new Uint8Array(2));
  const cursor = { position: 1, marks: 0 };
  expect(log.waiting(cursor)).toEqual({ bytes: 2, mark: true });
  expect(
    readAll(log, cursor).map((item) => (item.kind === "bytes" ? item.bytes.length : item.mark.at)),
  ).toEqual([2, 3, 2]);
  log.mark(0, EXACT);
  expect(readAll(log, cursor)).toEqual([
    { kind: "mark", mark: { number: 1, at: 5, position: 0, verdict: EXACT } },
  ]);
  expect(readAll(log, { position: 5, marks: 1 })).toHaveLength(1);
});

test("marks are bounded; whoever has not seen a discontinuity that is dropped misses a byte", () => {
  const log = createLog();
  for (let count = 0; count < 300; count += 1) {
    log.append(Uint8Array.of(1));
    log.mark(log.end, GAP);
  }
  const items = readAll(log, { position: 0, marks: 0 });
  expect(items.filter(({ kind }) => kind === "mark")).toHaveLength(256);
  // The first 44 gaps are gone, and so is the byte behind them: a reader sees that it did not get that.
  expect(log.start).toBe(45);
  expect(items.slice(0, 2)).toMatchObject([
    { mark: { number: 44, at: 45 } },
    { kind: "bytes", position: 45 },
  ]);
});

test("marks that are no discontinuity go first", () => {
  const log = createLog();
  log.append(Uint8Array.of(1));
  log.mark(1, GAP);
  for (let count = 0; count < 600; count += 1) log.mark(1, EXACT);
  const kinds = readAll(log, { position: 0, marks: 0 }).map((item) =>
    item.kind === "mark" ? item.mark.verdict.kind : "bytes",
  );
  expect(kinds.slice(0, 2)).toEqual(["bytes", "gap"]);
  expect(kinds).toHaveLength(257);
});
