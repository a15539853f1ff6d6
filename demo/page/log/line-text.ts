import { createAnsiParser } from "./ansi.ts";
import type { LineStore } from "./line-store.ts";
import type { Style } from "./style.ts";

/** What a line shows, from left to right. */
export type Piece =
  | { readonly kind: "text"; readonly text: string; readonly style: Style; readonly hit: boolean }
  /** A remark of ours: that the output does not go on here as it was written. */
  | { readonly kind: "mark"; readonly text: string }
  /** The line is longer, by so many bytes. */
  | { readonly kind: "rest"; readonly bytes: number };

/** A remark and the place in the stream where it belongs: behind so many bytes. */
export interface Mark {
  readonly position: number;
  readonly text: string;
}

/** Bytes of a line that are shown; copies and downloads have all. */
export const SHOWN = 8 * 1024;
/** What comes behind so many changes of style is shown without further ones, so that a line has few elements. */
const MAX_PIECES = 400;
/** Places in one line that are shown as found. */
const MAX_HITS = 200;

const CARRIAGE_RETURN = 0x0d;
const NEWLINE = 0x0a;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The pieces of a line. Of a line that was written over from its beginning, what was written last. */
export function piecesOf(store: LineStore, number: number, marks: readonly Mark[] = []): Piece[] {
  const { start, end, style } = store.line(number);
  const length = end - start;
  const tail = length > SHOWN ? overwritten(store.read(end - SHOWN, end)) : undefined;
  const bytes = tail ?? withoutEnd(store.read(start, Math.min(end, start + SHOWN)), length > SHOWN);
  const offset = tail === undefined ? start : end - tail.length;
  const parser = createAnsiParser(style);
  let pieces: Piece[] = [];

  function add(text: string, style: Style): void {
    const again = text.lastIndexOf("\r");
    if (again !== -1) pieces = pieces.filter(({ kind }) => kind === "mark");
    const shown = printable(text.slice(again + 1));
    if (shown === "") return;
    const last = pieces.at(-1);
    if (last?.kind === "text" && (last.style === style || pieces.length >= MAX_PIECES)) {
      pieces[pieces.length - 1] = { ...last, text: last.text + shown };
    } else pieces.push({ kind: "text", text: shown, style, hit: false });
  }

  let from = 0;
  const feed = (to: number) => {
    const part = bytes.subarray(from, to);
    parser.feed(part, (a, b, style) => add(decoder.decode(part.subarray(a, b)), style));
    from = to;
  };
  for (const { position, text } of marks) {
    feed(Math.min(bytes.length, Math.max(from, position - offset)));
    pieces.push({ kind: "mark", text });
  }
  feed(bytes.length);
  if (length > SHOWN && tail === undefined) pieces.push({ kind: "rest", bytes: length - SHOWN });
  return pieces;
}

/** The text that a line shows. */
export function textOf(store: LineStore, number: number): string {
  return piecesOf(store, number)
    .map((piece) => (piece.kind === "text" ? piece.text : ""))
    .join("");
}

/** Text of output: without its escape sequences. */
export function plainText(bytes: Uint8Array): string {
  const parts: string[] = [];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  createAnsiParser().feed(bytes, (from, to) =>
    parts.push(decoder.decode(bytes.subarray(from, to), { stream: true })),
  );
  parts.push(decoder.decode());
  return parts.join("");
}

/** Cuts the pieces where the pattern, which has to be global, is found in their text as a whole. */
export function highlight(pieces: readonly Piece[], pattern: RegExp): Piece[] {
  const text = pieces.map((piece) => (piece.kind === "text" ? piece.text : "")).join("");
  const edges: number[] = [];
  for (const { index, 0: found } of text.matchAll(pattern)) {
    if (edges.push(index, index + found.length) >= 2 * MAX_HITS) break;
  }
  let at = 0;
  return pieces.flatMap((piece): Piece[] => {
    if (piece.kind !== "text") return [piece];
    const begin = at;
    at += piece.text.length;
    const inside = edges.filter((edge) => edge > begin && edge < at);
    // Where one hit follows another, two edges are one.
    const cuts = [...new Set([begin, ...inside, at])];
    return cuts.slice(1).map((to, index) => {
      const from = cuts[index] ?? begin;
      // Edges come in pairs: behind an odd number of them is inside of a hit.
      const hit = edges.filter((edge) => edge <= from).length % 2 === 1;
      return { ...piece, text: piece.text.slice(from - begin, to - begin), hit };
    });
  });
}

/** What a very long line shows whose end is written over and over: what follows its last carriage return. */
function overwritten(tail: Uint8Array): Uint8Array | undefined {
  const bytes = withoutEnd(tail, false);
  const again = bytes.lastIndexOf(CARRIAGE_RETURN);
  return again === -1 ? undefined : bytes.subarray(again + 1);
}

/** Without the newline; or, if more follows, without a character that is cut in two. */
function withoutEnd(bytes: Uint8Array, cut: boolean): Uint8Array {
  let end = bytes.length;
  if (cut) {
    const lead = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
    return (bytes[lead] ?? 0) >= 0xc0 && lead >= end - 4 ? bytes.subarray(0, lead) : bytes;
  }
  if (bytes[end - 1] === NEWLINE) end -= 1;
  // `\r\n`, and a line whose next version is not written yet.
  while (bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
  return bytes.subarray(0, end);
}

/** Control characters as the pictures that Unicode has for them. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\t" || code > 0x7f) return character;
    return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
  });
}
