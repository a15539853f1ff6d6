import type { Backlog, BacklogLimits } from "./backlog.ts";

/**
 * How fast a process's output is read. `fast`: several chunks per turn of the event loop. `steady`: one. `slow`: with a {@link PAUSE}
 * behind each.
 */
export type Pace = "fast" | "steady" | "slow";

/** Milliseconds. */
export const PAUSE = 1;

/** Milliseconds for which a client is waited for that is behind, or that is not there yet. */
const PATIENCE = 500;

/** Chunks that a client may be behind at any moment, and those with which it is slow, unless its queue is short. */
const FEW = 16;
const MANY = 64;

/**
 * As fast as the client takes it. Who is slow for a moment, or attaches a moment after the start, loses nothing; who stands still
 * holds the process up no longer, and loses output as on a real server.
 *
 * @param now Milliseconds, monotonic.
 */
export function createPace(
  streams: readonly Backlog[],
  { queueChunks }: Pick<BacklogLimits, "queueChunks">,
  now: () => number,
): () => Pace {
  const many = Math.min(MANY, Math.ceil(queueChunks / 4));
  /** Since when somebody is waited for. */
  let since: number | undefined = now();
  let followed = false;
  return () => {
    const isFollowed = streams.some(({ isFollowed }) => isFollowed);
    followed ||= isFollowed;
    const behind = Math.max(...streams.map(({ behind }) => behind));
    if (isFollowed ? behind < many : followed) {
      since = undefined;
      return isFollowed && behind < FEW ? "fast" : "steady";
    }
    since ??= now();
    return now() - since < PATIENCE ? "slow" : "steady";
  };
}
