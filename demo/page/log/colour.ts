import { type Colour, RGB } from "./style.ts";

export type Rgb = readonly [red: number, green: number, blue: number];

/** Of text on its ground, by WCAG 2 at level AA. */
const CONTRAST = 4.5;

/** Of a colour beyond the first 16, which are the theme's. */
export function rgbOf(colour: Colour): Rgb | undefined {
  if (colour >= RGB) return [(colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff];
  if (colour < 16) return undefined;
  if (colour >= 232) {
    const grey = 8 + (colour - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (part: number) => (part === 0 ? 0 : 55 + part * 40);
  const index = colour - 16;
  return [level(Math.floor(index / 36)), level(Math.floor(index / 6) % 6), level(index % 6)];
}

/** The colour itself, or the nearest on its way to black or white that can be read on this ground. */
export function readable(colour: Rgb, ground: Rgb): Rgb {
  if (contrast(colour, ground) >= CONTRAST) return colour;
  const goal: Rgb = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  let low = 0;
  let high = 1;
  for (let step = 0; step < 8; step += 1) {
    const middle = (low + high) / 2;
    if (contrast(mixed(colour, goal, middle), ground) >= CONTRAST) high = middle;
    else low = middle;
  }
  return mixed(colour, goal, high);
}

/** From 1, for equal ones, to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function mixed(from: Rgb, to: Rgb, part: number): Rgb {
  const at = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * part);
  return [at(0), at(1), at(2)];
}

/** A colour as `getComputedStyle` has it. */
export function parseRgb(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return [red, green, blue];
}
