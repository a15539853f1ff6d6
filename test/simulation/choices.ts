/** Where a schedule's decisions come from: a seed, or numbers that fast-check draws and shrinks. */
export interface Choices {
  /** A whole number from 0 to `limit` − 1. 0 is the simplest choice: shrinking goes there. */
  below(limit: number): number;
}

/** One of these; the first is the simplest. What stands there more than once is drawn more often. */
export function pick<T>(choices: Choices, values: readonly [T, ...T[]]): T {
  return values[choices.below(values.length)] ?? values[0];
}

/** The same seed, the same choices, on every machine (mulberry32). */
export function choicesFromSeed(seed: number): Choices {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
    },
  };
}

/** Numbers of a tape are below this. */
export const TAPE_LIMIT = 65_536;

/** Numbers one by one; where they run out, the simplest choice. */
export function choicesFromTape(tape: readonly number[]): Choices {
  let at = 0;
  return {
    below(limit) {
      const number = tape[at] ?? 0;
      at += 1;
      return Math.floor((number / TAPE_LIMIT) * limit);
    },
  };
}
