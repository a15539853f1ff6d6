import type { LineStore } from "./line-store.ts";
import type { Mark } from "./line-text.ts";

/** The remarks in a log, each at its place, whenever it comes: before the bytes around it, or long after. */
export interface Marks {
  readonly count: number;
  add(mark: Mark): void;
  clear(): void;
  /** Those of a line, in their order. The last line has those of places that are still to come, too. */
  in(line: number): readonly Mark[];
  /** The nearest line with one behind `line`, or from the beginning. */
  after(line: number): number;
}

/** The latest are kept. */
const MAX_MARKS = 1_000;

export function createMarks(store: LineStore): Marks {
  let marks: readonly Mark[] = [];

  /** The line that has the byte behind this position, or the last one. */
  function lineAt(position: number): number {
    let low = store.first;
    let high = Math.max(low, store.lines - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (store.line(middle).start <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  return {
    get count() {
      return marks.length;
    },
    add(mark) {
      const behind = marks.findLastIndex(({ position }) => position <= mark.position) + 1;
      marks = [...marks.slice(0, behind), mark, ...marks.slice(behind)].slice(-MAX_MARKS);
    },
    clear() {
      marks = [];
    },
    in(line) {
      if (marks.length === 0) return marks;
      const { start, end } = store.line(line);
      const last = line === store.lines - 1;
      return marks.filter(({ position }) => position >= start && (last || position < end));
    },
    after(line) {
      const lines = marks.map(({ position }) => lineAt(position));
      return lines.find((each) => each > line) ?? lines[0] ?? line;
    },
  };
}
