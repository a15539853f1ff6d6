/** Time and chance as the pump sees them. A test or a simulation brings its own; the platform's is the default. */
export interface Clock {
  /** Milliseconds, monotonic: only differences mean anything. */
  now(): number;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** Calls back once after `delay` milliseconds; the returned function cancels it. */
  after(delay: number, callback: () => void): () => void;
}
