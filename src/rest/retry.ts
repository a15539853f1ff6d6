import type { BoxLiteError } from "../errors/index.ts";

/** A request that is about to be sent again. */
export interface RetryAttempt {
  /** What was asked, e.g. `box.get`. */
  readonly operation: string;
  /** 1 before the first repetition. */
  readonly attempt: number;
  /** Milliseconds until it is sent: from `Retry-After`, else 300 ms doubled each time, less a random part. */
  readonly delay: number;
  /** Why it has to be. */
  readonly error: BoxLiteError;
}

/**
 * How requests are repeated that failed in passing. Only where that is safe: GET, HEAD, DELETE and PUT (of a body that can be read
 * again) after no answer, a 408, 502, 503 or 504; every request after a 429, and after a 503 with `Retry-After`, which say that
 * nothing was done. An `Idempotency-Key` is sent, but no server looks at it.
 */
export interface RetryOptions {
  /** How often a request is repeated. Default 2; 0: never. */
  readonly limit?: number | undefined;
  /** Milliseconds that are waited at most. A longer `Retry-After` ends in the error instead, which has it. Default 20,000. */
  readonly maxDelay?: number | undefined;
  /** Called before each repetition. It is not repeated where this returns false, or a promise of it. */
  readonly onRetry?: ((attempt: RetryAttempt) => unknown) | undefined;
}

const FIRST_DELAY = 300;

/**
 * Milliseconds to wait before a repetition, or undefined where it is not to be.
 *
 * @param attempt 1 for the first repetition.
 * @param random From 0 to below 1: those who failed together must not come back together.
 */
export function retryDelay(
  error: BoxLiteError,
  attempt: number,
  { limit = 2, maxDelay = 20_000 }: RetryOptions,
  random: number,
): number | undefined {
  if (!error.retryable || attempt > limit) return undefined;
  const { retryAfter } = error;
  if (retryAfter !== undefined) {
    return retryAfter > maxDelay ? undefined : retryAfter + random * Math.min(1_000, retryAfter / 10);
  }
  const delay = Math.min(maxDelay, FIRST_DELAY * 2 ** (attempt - 1));
  return delay / 2 + (random * delay) / 2;
}

/** Waits, or rejects with the signal's reason. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    function stop(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}
