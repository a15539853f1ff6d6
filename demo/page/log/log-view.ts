import { create } from "../dom.ts";
import { onThemeChange } from "../theme.ts";
import { parseRgb, type Rgb } from "./colour.ts";
import type { LineStore } from "./line-store.ts";
import { highlight, type Mark, type Piece, piecesOf } from "./line-text.ts";
import { createRow } from "./row.ts";
import {
  clampTop,
  type Extent,
  isAtEnd,
  lastTop,
  scrolled,
  scrollTopFor,
  spacerHeight,
  topFor,
  visible,
} from "./viewport.ts";

/** Lines that can be scrolled through, however many: only those in sight are elements. */
export interface LogView {
  /** What is scrolled, and takes the focus. */
  readonly element: HTMLElement;
  /** Whether it stays at the end as lines come. */
  readonly following: boolean;
  /** The first line in sight. */
  readonly top: number;
  /** Draws what has changed, at the next frame. */
  update(): void;
  /** Draws everything again, at the next frame. */
  invalidate(): void;
  /** Brings a line into sight. */
  goTo(line: number): void;
  /** Goes to the end, and stays there. */
  follow(): void;
  /** Shows where the pattern is found, and which of the lines is meant. */
  find(pattern: RegExp | undefined, current: number | undefined): void;
}

export interface LogViewOptions {
  readonly name: string;
  readonly store: LineStore;
  readonly marksIn: (line: number) => readonly Mark[];
  /** Is called after each drawing. */
  readonly onDraw: () => void;
  readonly signal: AbortSignal;
}

/** Pixels; the style sheet's `.row` has the same. */
const ROW = 18;

export function createLogView({ name, store, marksIn, onDraw, signal }: LogViewOptions): LogView {
  const rows = create("div");
  const frame = create("div", { class: "rows" }, rows);
  const spacer = create("div", {}, frame);
  // A log is live of itself; but what comes into it here is also what one scrolls to. The pane reads out what is new.
  const role = { role: "log", "aria-label": name, "aria-live": "off", tabindex: "0" };
  const view = create("div", { class: "log-view", ...role }, spacer);
  const elements = new Map<number, HTMLElement>();
  let following = true;
  let top = 0;
  /** What the scroll bar was last set or seen at. */
  let scrollTop = 0;
  let pattern: RegExp | undefined;
  let current: number | undefined;
  /** Lines before it have been drawn for good. */
  let stable = 0;
  let drawn: Pick<Extent, "first" | "lines"> = { first: 0, lines: 0 };
  let columns = 0;
  /** Undefined: to be looked up, as it may have changed. */
  let ground: Rgb | undefined;
  let drawing = 0;
  let moved = false;

  function extentNow(): Extent {
    return { first: store.first, lines: store.lines, height: view.clientHeight, row: ROW };
  }

  function update(): void {
    if (drawing === 0 && !signal.aborted) drawing = requestAnimationFrame(draw);
  }

  function draw(): void {
    drawing = 0;
    const extent = extentNow();
    // Out of sight, it has no size.
    if (extent.height === 0) return;
    top = following ? lastTop(extent) : clampTop(extent, top);
    spacer.style.height = `${spacerHeight(extent)}px`;
    frame.style.height = `${Math.min(extent.height, spacerHeight(extent))}px`;
    const changed = extent.first !== drawn.first || extent.lines !== drawn.lines;
    if (following || (changed && !moved)) placeScrollBar(extent);
    moved = false;
    drawn = extent;
    drawRows(extent);
    onDraw();
  }

  function placeScrollBar(extent: Extent): void {
    view.scrollTop = scrollTopFor(extent, top);
    scrollTop = view.scrollTop;
  }

  function drawRows(extent: Extent): void {
    const { from, to } = visible(extent, top);
    for (const [line, element] of elements) {
      if (line >= from && line < to && line < stable) continue;
      element.remove();
      elements.delete(line);
    }
    // Those that stay are in one piece: what is missing is before it or behind it. A selection in it is left alone.
    let before: Element | null = rows.firstElementChild;
    for (let line = from; line < to; line += 1) {
      const kept = elements.get(line);
      if (kept !== undefined) {
        before = kept.nextElementSibling;
        continue;
      }
      const row = rowFor(line);
      elements.set(line, row);
      rows.insertBefore(row, before);
    }
    stable = Math.max(stable, store.whole);
    rows.style.transform = `translateY(${Math.round((from - top) * ROW)}px)`;
    spacer.style.minWidth = `calc(${columns}ch + var(--gutter))`;
    view.style.setProperty("--digits", String(String(extent.lines).length));
  }

  function rowFor(line: number): HTMLDivElement {
    ground ??= parseRgb(getComputedStyle(view).backgroundColor);
    const pieces = piecesOf(store, line, marksIn(line));
    columns = Math.max(columns, widthOf(pieces));
    const row = createRow(line, pattern === undefined ? pieces : highlight(pieces, pattern), ground);
    if (line === current) row.classList.add("current");
    return row;
  }

  function invalidate(): void {
    stable = 0;
    update();
  }

  view.addEventListener("scroll", () => {
    // Our own doing.
    if (Math.abs(view.scrollTop - scrollTop) < 1) return;
    const extent = extentNow();
    top = scrolled(extent, { top, scrollTop }, view.scrollTop);
    scrollTop = view.scrollTop;
    following = isAtEnd(extent, top);
    moved = true;
    update();
  });
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Home") goTo(store.first);
    else if (event.key === "End") follow();
    else return;
    event.preventDefault();
  });

  function goTo(line: number): void {
    const extent = extentNow();
    top = topFor(extent, following ? lastTop(extent) : top, line);
    following = isAtEnd(extent, top) && line >= extent.lines - 1;
    placeScrollBar(extent);
    update();
  }

  function follow(): void {
    following = true;
    update();
  }

  const observer = new ResizeObserver(update);
  observer.observe(view);
  onThemeChange(() => {
    ground = undefined;
    invalidate();
  }, signal);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    cancelAnimationFrame(drawing);
  });

  return {
    element: view,
    get following() {
      return following;
    },
    get top() {
      return Math.ceil(top);
    },
    update,
    invalidate() {
      if (store.lines === 0) {
        columns = 0;
        following = true;
      }
      invalidate();
    },
    goTo,
    follow,
    find(next, line) {
      pattern = next;
      current = line;
      invalidate();
    },
  };
}

/** Columns, as far as they can be told. */
function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + (piece.kind === "rest" ? 24 : piece.text.length), 0);
}
