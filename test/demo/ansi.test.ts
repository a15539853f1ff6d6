import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnsiParser } from "../../demo/page/log/ansi.ts";
import { PLAIN, RGB, rendition, type Style } from "../../demo/page/log/style.ts";

const encoder = new TextEncoder();

/** Text and style of each stretch, those of one style joined, whatever pieces the input comes in. */
function read(pieces: readonly Uint8Array[]): [string, Partial<Style>][] {
  const parser = createAnsiParser();
  const stretches: { bytes: number[]; style: Style }[] = [];
  for (const piece of pieces) {
    parser.feed(piece, (from, to, style) => {
      const last = stretches.at(-1);
      const bytes = [...piece.subarray(from, to)];
      if (last?.style === style) last.bytes.push(...bytes);
      else stretches.push({ bytes, style });
    });
  }
  return stretches.map(({ bytes, style }) => [
    new TextDecoder().decode(new Uint8Array(bytes)),
    difference(style),
  ]);
}

function difference(style: Style): Partial<Style> {
  const plain = new Map<string, unknown>(Object.entries(PLAIN));
  return Object.fromEntries(Object.entries(style).filter(([name, value]) => plain.get(name) !== value));
}

const readText = (text: string) => read([encoder.encode(text)]);

describe("the ANSI parser", () => {
  test("tells text from colours", () => {
    expect(readText("a\x1b[1;31mb\x1b[0mc")).toEqual([
      ["a", {}],
      ["b", { bold: true, foreground: 1 }],
      ["c", {}],
    ]);
  });

  test.each([
    ["\x1b[38;5;208m", { foreground: 208 }],
    ["\x1b[48;2;1;2;3m", { background: RGB | 0x010203 }],
    ["\x1b[38:2::1:2:3m", { foreground: RGB | 0x010203 }],
    ["\x1b[38:2:1:2:3m", { foreground: RGB | 0x010203 }],
    ["\x1b[38:5:99m", { foreground: 99 }],
    ["\x1b[38;2;1;2;3;4m", { foreground: RGB | 0x010203, underline: true }],
    ["\x1b[38;5;7;1m", { foreground: 7, bold: true }],
    ["\x1b[58;5;7;1m", { bold: true }],
    ["\x1b[38;2;256;0;0m", {}],
    ["\x1b[38;5;300m", {}],
    ["\x1b[97;101m", { foreground: 15, background: 9 }],
    ["\x1b[4:3m", { underline: true }],
    ["\x1b[4m\x1b[4:0m", {}],
    ["\x1b[2;3;7;8;9m", { dim: true, italic: true, inverse: true, hidden: true, strike: true }],
    ["\x1b[1;2;3;4;7;8;9m\x1b[22;23;24;27;28;29m", {}],
    ["\x1b[31;42m\x1b[39;49m", {}],
    ["\x1b[31m\x1b[m", {}],
    ["\x1b[31m\x1b[1;;m", {}],
    ["\x1b[>4;1m", {}],
    ["\x1b[?25l\x1b[2K\x1b[10;20H", {}],
    ["\x1b(B", {}],
    ["\x1b7\x1b=", {}],
    ["\x1b]0;a title\x07", {}],
    ["\x1b]8;;https://example.org\x1b\\", {}],
    ["\x1bPq#0\x1b\\", {}],
    ["\x1b]0;a title\x1b[31m", { foreground: 1 }],
    ["\x1b[3\x1b[32m", { foreground: 2 }],
  ] as const)("%j is no text and leads to %j", (sequence, style) => {
    expect(readText(`${sequence}text`)).toEqual([["text", style]]);
  });

  test("a newline ends a sequence that has no end", () => {
    expect(readText("\x1b]0;title\nnext").map(([text]) => text)).toEqual(["\nnext"]);
    expect(readText("\x1b[31\nnext").map(([text]) => text)).toEqual(["\nnext"]);
    expect(readText("\x1b\nnext").map(([text]) => text)).toEqual(["\nnext"]);
  });

  test("a sequence of any length is taken, and does nothing", () => {
    expect(readText(`\x1b[${"1;".repeat(100_000)}mtext`)).toEqual([["text", {}]]);
  });

  test("reads the same wherever the output is cut", () => {
    const part = fc.constantFrom(
      "text",
      "\n",
      "é",
      "\x1b",
      "[",
      "31m",
      "38;5;1",
      ";",
      "m",
      "\x1b[1m",
      "]",
      "\x07",
      "\\",
      "(B",
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 30 }),
        fc.array(fc.nat(80), { maxLength: 6 }),
        (parts, cuts) => {
          const bytes = encoder.encode(parts.join(""));
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
            bytes.length,
          ];
          const pieces = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
          const join = (stretches: [string, Partial<Style>][]) => stretches.map(([text]) => text).join("");
          expect(join(read(pieces))).toBe(join(read([bytes])));
          expect(read(pieces)).toEqual(read([bytes]));
        },
      ),
    );
  });
});

test("a rendition leaves what it does not name, and its argument, as they are", () => {
  const style = rendition(PLAIN, "1;31");
  expect(rendition(style, "32")).toEqual({ ...style, foreground: 2 });
  expect(rendition(style, "")).toBe(PLAIN);
  expect(rendition(style, "999")).toBe(style);
  expect(PLAIN.bold).toBe(false);
});
