import type { LineStore } from "./line-store.ts";
import { plainText, SHOWN, textOf } from "./line-text.ts";

/** Finds the lines that show a text, a portion at a time, and those that come later as well. */
export interface Search {
  /** How many lines have it so far. */
  readonly count: number;
  /** Whether all that is kept has been looked at. */
  readonly done: boolean;
  /** Looks at about so many more bytes. */
  step(bytes: number): void;
  /** The number of the line that is the so-manieth to have it, from 0. */
  lineAt(index: number): number | undefined;
  /** The index of the nearest such line at or behind `line`, or at or before it; beyond the end, from the other one. */
  nearest(line: number, direction: "forward" | "backward"): number | undefined;
}

/** What finds a text, in whatever case. */
export function patternOf(query: string): RegExp {
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
}

export function createSearch(store: LineStore, query: string): Search {
  const pattern = patternOf(query);
  let hits: number[] = [];
  /** All lines before it have been looked at. */
  let next = 0;
  /** The line that is being written, if it has it by now. */
  let unfinished: number | undefined;

  const has = (text: string) => {
    pattern.lastIndex = 0;
    return pattern.test(text);
  };

  /** Looks at the lines from the next one on that lie together. Returns how many bytes those were. */
  function look(): number {
    const block = store.block(next);
    if (block === undefined) {
      const { start, end } = store.line(next);
      if (has(textOf(store, next))) hits.push(next);
      next += 1;
      return Math.min(SHOWN, end - start);
    }
    const text = plainText(block.bytes);
    if (has(text)) {
      let number = block.from;
      for (const line of text.split("\n").slice(0, block.to - block.from)) {
        // Only then exactly what the line shows: that is dear, and most lines do not come so far.
        if (has(line) && has(textOf(store, number))) hits.push(number);
        number += 1;
      }
    }
    next = block.to;
    return block.bytes.length;
  }

  /** Forgets lines that are no longer kept. */
  function prune(): void {
    if ((hits[0] ?? store.first) < store.first) hits = hits.filter((line) => line >= store.first);
    next = Math.max(next, store.first);
  }

  const count = () => hits.length + (unfinished === undefined ? 0 : 1);
  const lineAt = (index: number) =>
    index < hits.length ? hits[index] : index === hits.length ? unfinished : undefined;

  return {
    get count() {
      return count();
    },
    get done() {
      return next >= store.whole;
    },
    step(bytes) {
      prune();
      for (let looked = 0; looked < bytes && next < store.whole; ) looked += look();
      const last = store.whole;
      unfinished = next >= last && last < store.lines && has(textOf(store, last)) ? last : undefined;
    },
    lineAt,
    nearest(line, direction) {
      const all = count();
      if (all === 0) return undefined;
      let low = 0;
      let high = all;
      // The first one at or behind the line.
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((lineAt(middle) ?? Number.POSITIVE_INFINITY) < line) low = middle + 1;
        else high = middle;
      }
      if (direction === "forward") return low % all;
      return lineAt(low) === line ? low : (low - 1 + all) % all;
    },
  };
}
