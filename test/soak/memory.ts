import { median } from "../bench/attach/statistics.ts";

export interface Trend {
  /** Medians of the third and of the last quarter of all samples, in bytes. */
  readonly third: number;
  readonly last: number;
  readonly flat: boolean;
}

/** So much more may be held in the last quarter: 2 %, and 1 MiB for what comes and goes. */
export const TOLERANCE = { share: 0.02, bytes: 1024 * 1024 };

/** Fewer samples say nothing. */
const LEAST = 8;

/** Whether memory has stopped growing in the second half. Undefined: there is too little to say. */
export function trendOf(samples: readonly number[]): Trend | undefined {
  if (samples.length < LEAST) return undefined;
  const quarter = (from: number) =>
    median(samples.slice(Math.floor(samples.length * from), Math.floor(samples.length * (from + 0.25))));
  const third = quarter(0.5);
  const last = quarter(0.75);
  return { third, last, flat: last <= third * (1 + TOLERANCE.share) + TOLERANCE.bytes };
}
