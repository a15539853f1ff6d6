import { create } from "../dom.ts";
import { type Rgb, readable, rgbOf } from "./colour.ts";
import type { Piece } from "./line-text.ts";
import type { Colour, Style } from "./style.ts";

/** A line as an element. Output gets into it as text, and its colours as single properties, checked by the browser. */
export function createRow(number: number, pieces: readonly Piece[], ground: Rgb): HTMLDivElement {
  const row = create("div", { class: "row", "data-line": String(number + 1) });
  for (const piece of pieces) row.append(pieceNode(piece, ground));
  // An empty line is copied as one.
  if (pieces.length === 0) row.append("\n");
  return row;
}

function pieceNode(piece: Piece, ground: Rgb): Node {
  switch (piece.kind) {
    case "mark":
      return create("span", { class: "mark" }, piece.text);
    case "rest":
      return create("span", { class: "rest" }, `… ${piece.bytes.toLocaleString("en")} more bytes`);
    case "text": {
      // What was searched for is to be seen before all else.
      if (piece.hit) return create("mark", {}, piece.text);
      const element = create("span", {}, piece.text);
      paint(element, piece.style, ground);
      return element;
    }
  }
}

function paint(element: HTMLElement, style: Style, ground: Rgb): void {
  const { bold, dim, italic, underline, strike, hidden, inverse } = style;
  const classes = { bold, dim, italic, underline, strike, hidden };
  for (const [name, on] of Object.entries(classes)) if (on) element.classList.add(name);
  const front =
    style.foreground === undefined
      ? undefined
      : css(style.foreground, style.background === undefined ? ground : undefined);
  const back = style.background === undefined ? undefined : css(style.background, undefined);
  if (inverse) {
    element.style.color = back ?? "var(--sunken)";
    element.style.backgroundColor = front ?? "var(--text)";
  } else {
    if (front !== undefined) element.style.color = front;
    if (back !== undefined) element.style.backgroundColor = back;
    // The pane's own colour of text may not be readable on any ground.
    if (back !== undefined && front === undefined) element.style.color = contrastOf(style.background);
  }
}

/** @param ground On which it has to be readable; undefined: whoever chose both knows. */
function css(colour: Colour, ground: Rgb | undefined): string {
  const rgb = rgbOf(colour);
  if (rgb === undefined) return `var(--ansi-${colour})`;
  return `rgb(${(ground === undefined ? rgb : readable(rgb, ground)).join(" ")})`;
}

function contrastOf(background: Colour | undefined): string {
  const rgb = background === undefined ? undefined : rgbOf(background);
  return rgb === undefined ? "var(--on-ansi)" : `rgb(${readable(rgb, rgb).join(" ")})`;
}
