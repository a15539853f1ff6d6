import type { Backlog, BacklogLimits } from "./backlog.ts";

/**
 * How a process's output is read. `fast`: several chunks per turn of the event loop. `steady`: one. `hold`: not now, and asked again
 * after a {@link PAUSE}.
 */
export type Pace = "fast" | "steady" | "hold";

/** Milliseconds. */
export const PAUSE = 1;

/** Chunks that are read in one turn, at most. */
export const CHUNKS_PER_TURN = 16;

/** Milliseconds for which a client is waited for that is behind, or that is not there yet. */
const PATIENCE = 500;

/**
 * As fast as the client takes it. Who is slow for a moment, or attaches a moment after the start, loses nothing; who stands still
 * holds the process up no longer, and loses output as on a real server.
 *
 * @param now Milliseconds, monotonic.
 */
export function createPace(
  streams: readonly Backlog[],
  { bytes, queueChunks }: BacklogLimits,
  now: () => number,
): () => Pace {
  /** Since when somebody is waited for. */
  let since: number | undefined = now();
  let followed = false;
  return () => {
    const isFollowed = streams.some(({ isFollowed }) => isFollowed);
    followed ||= isFollowed;
    const behind = Math.max(...streams.map(({ behind }) => behind));
    const kept = Math.max(...streams.map(({ kept }) => kept));
    if (isFollowed ? 2 * behind < queueChunks : followed || 2 * kept < bytes) {
      if (followed) since = undefined;
      // What one turn brings is not to fill the queue.
      return isFollowed && behind + 2 * CHUNKS_PER_TURN < queueChunks / 2 ? "fast" : "steady";
    }
    since ??= now();
    return now() - since < PATIENCE ? "hold" : "steady";
  };
}
