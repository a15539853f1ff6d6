import fc from "fast-check";
import { expect, test } from "vitest";
import { contrast, parseRgb, type Rgb, readable, rgbOf } from "../../demo/page/log/colour.ts";
import { RGB } from "../../demo/page/log/style.ts";

const part = fc.integer({ min: 0, max: 255 });
const colours: fc.Arbitrary<Rgb> = fc.tuple(part, part, part);
const GROUNDS: readonly Rgb[] = [
  [252, 252, 253],
  [16, 19, 21],
  [128, 128, 128],
];

test.each([
  [16, [0, 0, 0]],
  [21, [0, 0, 255]],
  [208, [255, 135, 0]],
  [231, [255, 255, 255]],
  [232, [8, 8, 8]],
  [255, [238, 238, 238]],
  [RGB | 0x0180ff, [1, 128, 255]],
  [RGB, [0, 0, 0]],
  [3, undefined],
] as const)("colour %i is %j", (colour, rgb) => {
  expect(rgbOf(colour)).toEqual(rgb);
});

test("contrast is as WCAG has it", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBe(21);
  expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
});

test("any colour is made readable on any of these grounds, and left alone where it is already", () => {
  fc.assert(
    fc.property(colours, fc.constantFrom(...GROUNDS), (colour, ground) => {
      const shown = readable(colour, ground);
      expect(contrast(shown, ground)).toBeGreaterThanOrEqual(4.45);
      if (contrast(colour, ground) >= 4.5) expect(shown).toEqual(colour);
    }),
  );
});

test("reads what the browser computes", () => {
  expect(parseRgb("rgb(1, 22, 255)")).toEqual([1, 22, 255]);
  expect(parseRgb("rgba(1, 2, 3, 0.5)")).toEqual([1, 2, 3]);
});
