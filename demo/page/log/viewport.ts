/** What is there to be scrolled through. Lines have one height. */
export interface Extent {
  /** The number of the oldest line, and that behind the last one. */
  readonly first: number;
  readonly lines: number;
  /** Pixels of what is seen at once, and of a line. */
  readonly height: number;
  readonly row: number;
}

/** Where one is: the number of the line at the top, with the part of it that is out of sight, and the scroll bar's own place. */
export interface Position {
  readonly top: number;
  readonly scrollTop: number;
}

/**
 * Pixels. Browsers lay out no element that is much higher than 17 million. Beyond this, the scroll bar's pixels stand for
 * more than one each.
 */
export const MAX_SPACER = 8_000_000;

/** The height of the element that is scrolled. */
export function spacerHeight({ first, lines, row }: Extent): number {
  return Math.min((lines - first) * row, MAX_SPACER);
}

/** The top with which the last line is at the bottom. */
export function lastTop({ first, lines, height, row }: Extent): number {
  return Math.max(first, lines - height / row);
}

/** The nearest top that there is. */
export function clampTop(extent: Extent, top: number): number {
  return Math.min(Math.max(top, extent.first), lastTop(extent));
}

export function isAtEnd(extent: Extent, top: number): boolean {
  return top >= lastTop(extent) - 1;
}

/** Where the scroll bar belongs for this top. */
export function scrollTopFor(extent: Extent, top: number): number {
  const lines = lastTop(extent) - extent.first;
  return lines === 0 ? 0 : ((top - extent.first) / lines) * range(extent);
}

/**
 * The top after the scroll bar has moved. A move of no more than one view goes by as many lines as it seems to, by wheel
 * or key; a larger one, by the thumb, goes to that part of the whole.
 */
export function scrolled(extent: Extent, from: Position, scrollTop: number): number {
  const end = range(extent);
  const moved = scrollTop - from.scrollTop;
  const byLines = Math.abs(moved) <= extent.height && scrollTop > 0 && scrollTop < end - 1;
  if (byLines) return clampTop(extent, from.top + moved / extent.row);
  const part = end <= 0 ? 0 : Math.min(1, scrollTop / (end - 1));
  return clampTop(extent, extent.first + part * (lastTop(extent) - extent.first));
}

/** The lines that are in sight, in part or as a whole: from, and up to. */
export function visible(extent: Extent, top: number): { readonly from: number; readonly to: number } {
  const from = Math.max(extent.first, Math.floor(top));
  return { from, to: Math.min(extent.lines, Math.ceil(top + extent.height / extent.row)) };
}

/** The top with which a line is in sight: the same one if it is already, else in the middle. */
export function topFor(extent: Extent, top: number, line: number): number {
  const seen = extent.height / extent.row;
  if (line >= top && line + 1 <= top + seen) return top;
  return clampTop(extent, line - Math.floor(seen / 2));
}

/** How far the scroll bar goes. */
function range(extent: Extent): number {
  return Math.max(0, spacerHeight(extent) - extent.height);
}
