/** Milliseconds; what is longer is taken for 1 by the platforms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Does `work` until it is done, the time is up or `signal` aborts, whichever comes first. `work` gets a signal that
 * aborts in both cases; the promise does not wait for it to obey.
 *
 * @param milliseconds Time limit.
 * @param timedOut The error when the time is up.
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  timedOut: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const { controller, release } = controllerBehind(signal);
  const timer = setTimeout(() => controller.abort(timedOut()), Math.min(milliseconds, LONGEST_DELAY));
  try {
    return await orAborted(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** A controller that aborts with a signal, too, until it is released from it. */
export function controllerBehind(signal: AbortSignal | undefined) {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return { controller, release: () => signal?.removeEventListener("abort", onAbort) };
}

/** Waits for `pending`, but not longer than until `signal` aborts. `pending` itself goes on. */
export function orAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const release = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    pending.then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}

/**
 * Waits for something that cannot be taken back by aborting the request for it. When `signal` aborts first, the promise
 * rejects at once, and what comes into being later is undone behind it.
 */
export function orUndone<T>(
  pending: Promise<T>,
  signal: AbortSignal | undefined,
  undo: (value: T) => Promise<void>,
): Promise<T> {
  if (signal === undefined) return pending;
  const value = orAborted(pending, signal);
  value.catch(() => {
    if (signal.aborted) pending.then(undo).catch(() => {});
  });
  return value;
}
