import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clampTop,
  type Extent,
  isAtEnd,
  lastTop,
  MAX_SPACER,
  type Position,
  scrolled,
  scrollTopFor,
  spacerHeight,
  topFor,
  visible,
} from "../../demo/page/log/viewport.ts";

const ROW = 18;
const extent = (lines: number, first = 0, height = 360): Extent => ({ first, lines, height, row: ROW });
const MILLION = extent(1_000_000);

const extents = fc
  .record({ first: fc.nat(1_000_000), count: fc.nat(5_000_000), height: fc.integer({ min: 1, max: 3000 }) })
  .map(({ first, count, height }) => extent(first + count, first, height));

describe("what is in sight of a log", () => {
  test("is so many lines as fit, at the beginning, at the end and between", () => {
    expect(visible(MILLION, 0)).toEqual({ from: 0, to: 20 });
    expect(visible(MILLION, 10.5)).toEqual({ from: 10, to: 31 });
    expect(visible(MILLION, lastTop(MILLION))).toEqual({ from: 999_980, to: 1_000_000 });
    expect(visible(extent(3), 0)).toEqual({ from: 0, to: 3 });
    expect(visible(extent(0), 0)).toEqual({ from: 0, to: 0 });
  });

  test("never leaves what there is, nor holds more than a view", () => {
    fc.assert(
      fc.property(extents, fc.double({ min: -10, max: 1e7, noNaN: true }), (extent, wanted) => {
        const { from, to } = visible(extent, clampTop(extent, wanted));
        expect(from).toBeGreaterThanOrEqual(extent.first);
        expect(to).toBeLessThanOrEqual(extent.lines);
        expect(to - from).toBeLessThanOrEqual(extent.height / ROW + 2);
      }),
    );
  });

  test("follows the scroll bar's thumb to its part of the whole, and its ends to the ends", () => {
    const start: Position = { top: 0, scrollTop: 0 };
    const end = spacerHeight(MILLION) - MILLION.height;
    expect(spacerHeight(MILLION)).toBe(MAX_SPACER);
    expect(scrolled(MILLION, start, end / 2)).toBeCloseTo(500_000, -2);
    expect(scrolled(MILLION, start, end)).toBe(lastTop(MILLION));
    // Browsers stop at a fraction of a pixel before the end.
    expect(scrolled(MILLION, start, end - 0.7)).toBe(lastTop(MILLION));
    expect(scrolled(MILLION, { top: 40, scrollTop: 100 }, 0)).toBe(0);
  });

  test("goes by lines with the wheel, though the bar's pixels stand for more", () => {
    const from = { top: 500_000, scrollTop: scrollTopFor(MILLION, 500_000) };
    expect(scrolled(MILLION, from, from.scrollTop + 3 * ROW)).toBe(500_003);
    expect(scrolled(MILLION, from, from.scrollTop - 20 * ROW)).toBe(499_980);
  });

  test("is the same one again at the place where its scroll bar belongs", () => {
    fc.assert(
      fc.property(extents, fc.double({ min: 0, max: 1, noNaN: true }), (extent, part) => {
        const top = extent.first + part * (lastTop(extent) - extent.first);
        const scrollTop = scrollTopFor(extent, top);
        expect(scrollTop).toBeGreaterThanOrEqual(0);
        expect(scrollTop).toBeLessThanOrEqual(Math.max(0, spacerHeight(extent) - extent.height) + 1e-6);
        // From far away, as by the thumb: within what one of its pixels stands for.
        const far = { top: extent.first, scrollTop: scrollTop + 2 * extent.height + 10 };
        const pixel = (lastTop(extent) - extent.first) / Math.max(1, spacerHeight(extent) - extent.height);
        expect(Math.abs(scrolled(extent, far, scrollTop) - top)).toBeLessThanOrEqual(pixel * 2 + 1e-6);
      }),
    );
  });

  test("is at the end from one line before it on", () => {
    expect(isAtEnd(MILLION, lastTop(MILLION))).toBe(true);
    expect(isAtEnd(MILLION, lastTop(MILLION) - 0.5)).toBe(true);
    expect(isAtEnd(MILLION, lastTop(MILLION) - 5)).toBe(false);
    expect(isAtEnd(extent(3), 0)).toBe(true);
  });

  test("moves for a line that is out of sight, to have it in the middle, and not for one that is in sight", () => {
    expect(topFor(MILLION, 100, 110)).toBe(100);
    expect(topFor(MILLION, 100, 119)).toBe(100);
    expect(topFor(MILLION, 100, 120)).toBe(110);
    expect(topFor(MILLION, 100, 0)).toBe(0);
    expect(topFor(MILLION, 100, 999_999)).toBe(lastTop(MILLION));
  });
});
