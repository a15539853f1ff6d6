import { describe, expect, test } from "vitest";
import { createLineStore, type LineStore } from "../../demo/page/log/line-store.ts";
import {
  highlight,
  type Mark,
  type Piece,
  piecesOf,
  plainText,
  SHOWN,
  textOf,
} from "../../demo/page/log/line-text.ts";
import { patternOf } from "../../demo/page/log/search.ts";

const encoder = new TextEncoder();

function storeOf(text: string | Uint8Array): LineStore {
  const store = createLineStore({ ceiling: 1 << 24, segment: 4_000 });
  store.append(typeof text === "string" ? encoder.encode(text) : text);
  return store;
}

/** Pieces in short: text, or what they are. */
function shown(store: LineStore, line: number, marks: readonly Mark[] = []): unknown[] {
  return piecesOf(store, line, marks).map((piece) =>
    piece.kind === "text" ? piece.text : piece.kind === "mark" ? { mark: piece.text } : { rest: piece.bytes },
  );
}

describe("a line shows", () => {
  test.each([
    ["plain\n", "plain"],
    ["with its end cut\r\n", "with its end cut"],
    ["", undefined],
    ["10%\r20%\r30%", "30%"],
    ["10%\r", "10%"],
    ["old\r\x1b[32mnew\n", "new"],
    ["a\tb", "a\tb"],
    ["bell\x07 backspace\x08 delete\x7f", "bell␇ backspace␈ delete␡"],
    ["\x1b[31mred\x1b[0m and plain\n", "red and plain"],
    ["čaj ☕", "čaj ☕"],
  ])("of %j: %j", (output, text) => {
    const store = storeOf(output);
    expect(store.lines === 0 ? undefined : textOf(store, 0)).toBe(text);
  });

  test("the colour that an earlier line has begun", () => {
    const [piece] = piecesOf(storeOf("\x1b[31mone\ntwo\n"), 1);
    expect(piece).toMatchObject({ kind: "text", text: "two", style: { foreground: 1 } });
  });

  test("remarks at their places, between the bytes", () => {
    const store = storeOf("first\nsecond\n");
    const marks = [
      { position: 6, text: "at the beginning" },
      { position: 9, text: "within" },
      { position: 12, text: "at the end" },
    ];
    expect(shown(store, 1, marks)).toEqual([
      { mark: "at the beginning" },
      "sec",
      { mark: "within" },
      "ond",
      { mark: "at the end" },
    ]);
  });

  test("a remark also where the text before it was written over, or is too long to be shown", () => {
    expect(shown(storeOf("10%\r20%\n"), 0, [{ position: 2, text: "gap" }])).toEqual([{ mark: "gap" }, "20%"]);
    const long = storeOf(`${"x".repeat(SHOWN + 100)}\n`);
    expect(shown(long, 0, [{ position: SHOWN + 50, text: "gap" }])).toEqual([
      "x".repeat(SHOWN),
      { mark: "gap" },
      { rest: 101 },
    ]);
  });

  test("the beginning of a long line, without half a character, and how much more there is", () => {
    const store = storeOf(`${"x".repeat(SHOWN - 1)}é${"y".repeat(1000)}`);
    expect(shown(store, 0)).toEqual(["x".repeat(SHOWN - 1), { rest: 1001 }]);
  });

  test("the latest of a long line that is written over and over", () => {
    const store = storeOf(Array.from({ length: 5_000 }, (_, index) => `${index} of 5000`).join("\r"));
    expect(shown(store, 0)).toEqual(["4999 of 5000"]);
  });

  test("few pieces, whatever the number of its colours", () => {
    const store = storeOf("\x1b[31ma\x1b[32mb".repeat(700));
    const pieces = piecesOf(store, 0);
    expect(pieces.length).toBeLessThanOrEqual(401);
    expect(textOf(store, 0)).toBe("ab".repeat(700).slice(0, textOf(store, 0).length));
  });

  test("bytes that are no UTF-8 as replacement characters", () => {
    expect(textOf(storeOf(Uint8Array.of(0x61, 0xff, 0x62)), 0)).toBe("a\uFFFDb");
  });
});

test("plain text has no escape sequences, and all the lines", () => {
  expect(plainText(encoder.encode("\x1b[1mé\x1b[0m\n\x1b]0;t\x07b\r\n"))).toBe("é\nb\r\n");
});

describe("highlighting", () => {
  const text = (pieces: readonly Piece[]) =>
    pieces
      .map((piece) => (piece.kind === "text" ? (piece.hit ? `[${piece.text}]` : piece.text) : "|"))
      .join("");
  const find = (output: string, query: string, marks: readonly Mark[] = []) =>
    text(highlight(piecesOf(storeOf(output), 0, marks), patternOf(query)));

  test.each([
    ["an error, an Error", "error", "an [error], an [Error]"],
    ["error", "error", "[error]"],
    ["aaa", "aa", "[aa]a"],
    ["xaax", "a", "x[a][a]x"],
    ["e\x1b[31mrr\x1b[0mor!", "error", "[e][rr][or]!"],
    ["a.c abc", "a.c", "[a.c] abc"],
    ["nothing", "error", "nothing"],
  ])("in %j of %j: %j", (output, query, expected) => {
    expect(find(output, query)).toBe(expected);
  });

  test("goes across a remark", () => {
    expect(find("error", "error", [{ position: 2, text: "gap" }])).toBe("[er]|[ror]");
  });

  test("ends after many places in one line", () => {
    const pieces = highlight(piecesOf(storeOf("a".repeat(5_000)), 0), patternOf("a"));
    expect(pieces.length).toBeLessThanOrEqual(201);
    expect(text(pieces).replaceAll(/[[\]]/g, "")).toBe("a".repeat(5_000));
  });
});
