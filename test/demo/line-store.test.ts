import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineStore, type LineStore } from "../../demo/page/log/line-store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function storeOf(text: string, options: { ceiling?: number; segment?: number } = {}): LineStore {
  const store = createLineStore({ ceiling: 1 << 24, ...options });
  store.append(encoder.encode(text));
  return store;
}

function linesOf(store: LineStore): string[] {
  return Array.from({ length: store.lines - store.first }, (_, index) => {
    const { start, end } = store.line(store.first + index);
    return decoder.decode(store.read(start, end));
  });
}

/** Lines with their newlines, and the last one without if it has none. */
const split = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

describe("a line store", () => {
  test("knows its lines, whole or not", () => {
    const store = storeOf("one\ntwo\nthr");
    expect(linesOf(store)).toEqual(["one\n", "two\n", "thr"]);
    expect([store.lines, store.whole, store.bytes]).toEqual([3, 2, 11]);
    store.append(encoder.encode("ee\n"));
    expect(linesOf(store)).toEqual(["one\n", "two\n", "three\n"]);
    expect([store.lines, store.whole]).toEqual([3, 3]);
  });

  test("has the same lines whatever pieces the output comes in, and wherever its memory is cut", () => {
    const text = fc.array(fc.constantFrom("a", "\n", "long line", "é", "\x1b[31m", "\n\n"), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat(200), { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        (parts, cuts, segment) => {
          const whole = parts.join("");
          const bytes = encoder.encode(whole);
          const store = createLineStore({ ceiling: 1 << 24, segment });
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
            bytes.length,
          ];
          for (const [index, to] of places.slice(1).entries())
            store.append(bytes.subarray(places[index], to));
          expect(linesOf(store)).toEqual(split(whole));
          expect(Buffer.concat(store.content()).toString()).toBe(whole);
        },
      ),
    );
  });

  test("lets go of the oldest when it takes more than its ceiling; numbers and places stay", () => {
    const ceiling = 8_000;
    fc.assert(
      fc.property(fc.array(fc.nat(90), { minLength: 50, maxLength: 300 }), (lengths) => {
        const lines = lengths.map((length, index) => `${index}:${"x".repeat(length)}\n`);
        const store = createLineStore({ ceiling, segment: 512 });
        let largest = 0;
        for (const line of lines) {
          store.append(encoder.encode(line));
          largest = Math.max(largest, store.size);
        }
        expect(largest).toBeLessThanOrEqual(ceiling);
        const text = lines.join("");
        expect([store.bytes, store.lines]).toEqual([text.length, lines.length]);
        // The oldest one may lack its beginning.
        const kept = linesOf(store);
        expect(lines[store.first]?.endsWith(kept[0] ?? "?")).toBe(true);
        expect(kept.slice(1)).toEqual(lines.slice(store.first + 1));
        expect(Buffer.concat(store.content()).toString()).toBe(text.slice(store.gone));
      }),
      { numRuns: 30 },
    );
  });

  test("keeps the end of a line that alone is more than its ceiling", () => {
    const store = createLineStore({ ceiling: 8_000, segment: 512 });
    store.append(encoder.encode("begin\n"));
    for (let piece = 0; piece < 100; piece += 1) store.append(encoder.encode("y".repeat(997)));
    expect([store.first, store.lines, store.whole]).toEqual([1, 2, 1]);
    expect(linesOf(store)[0]).toMatch(/^y{1000,8000}$/);
    store.append(encoder.encode("\nnext"));
    expect(linesOf(store).at(-1)).toBe("next");
  });

  test("knows the colour in which a line begins, after its beginning has been let go, too", () => {
    const store = createLineStore({ ceiling: 1 << 24, segment: 16 });
    store.append(encoder.encode("plain\n\x1b[31mred\nstill red\x1b"));
    store.append(encoder.encode("[0m\nplain again"));
    expect([0, 1, 2, 3].map((line) => store.line(line).style.foreground)).toEqual([
      undefined,
      undefined,
      1,
      undefined,
    ]);
    const small = createLineStore({ ceiling: 5_000, segment: 512 });
    small.append(encoder.encode(`\x1b[32m${"z".repeat(10_000)}`));
    expect(small.line(0).style.foreground).toBe(2);
    expect(small.gone).toBeGreaterThan(0);
  });

  test("counts the memory of colours that change with every line", () => {
    const ceiling = 1 << 20;
    const store = createLineStore({ ceiling, segment: 16 * 1024 });
    store.append(encoder.encode("\x1b[31mr\n\x1b[32mg\n".repeat(20_000)));
    expect(store.size).toBeLessThanOrEqual(ceiling);
    expect(store.gone).toBeGreaterThan(0);
  });

  test("holds a million lines, and finds any of them", () => {
    const store = createLineStore({ ceiling: 64 << 20 });
    const part = Array.from(
      { length: 10_000 },
      (_, index) => `line ${String(index).padStart(4, "0")}\n`,
    ).join("");
    const bytes = encoder.encode(part);
    for (let times = 0; times < 100; times += 1) store.append(bytes);
    expect([store.first, store.lines, store.gone]).toEqual([0, 1_000_000, 0]);
    for (const number of [0, 9_999, 10_000, 123_456, 999_999]) {
      const { start, end } = store.line(number);
      expect(decoder.decode(store.read(start, end))).toBe(
        `line ${String(number % 10_000).padStart(4, "0")}\n`,
      );
    }
    // The bytes, and 4 more per line.
    expect(store.size).toBeLessThan(1.6 * 10_000_000);
  });

  test("gives blocks of whole lines that go through all but those at the edges", () => {
    const store = storeOf("aa\nbb\ncc\ndd\nee", { segment: 8 });
    const blocks = [];
    for (let number = 0; number < store.lines; ) {
      const block = store.block(number);
      blocks.push(block === undefined ? number : [block.from, block.to, decoder.decode(block.bytes)]);
      number = block?.to ?? number + 1;
    }
    expect(blocks).toEqual([[0, 2, "aa\nbb\n"], 2, [3, 4, "dd\n"], 4]);
  });

  test("is empty after it was cleared", () => {
    const store = storeOf("\x1b[31mred\nmore");
    store.clear();
    expect([store.bytes, store.lines, store.size, store.content()]).toEqual([0, 0, 0, []]);
    store.append(encoder.encode("new\n"));
    expect(linesOf(store)).toEqual(["new\n"]);
    expect(store.line(0).style.foreground).toBeUndefined();
  });

  test("says which lines there are when asked for another one", () => {
    expect(() => storeOf("a\n").line(1)).toThrow("Line 1 is not kept: lines 0 to 0 are.");
  });
});
