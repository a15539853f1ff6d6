import type { Dialect } from "./dialect.ts";

/** One client's view of a stream: what is kept when it attaches, then what comes. */
export interface Subscription {
  /**
   * The next chunk to send; undefined when there is none at the moment; "lagged" (serve only) when the client was too
   * slow and chunks have been skipped.
   */
  take(): Uint8Array | "lagged" | undefined;
  /** Takes no more chunks; those already queued can still be taken. */
  close(): void;
}

/** The output of one stream: the last bytes of it, and those who follow it live. */
export interface Backlog {
  push(chunk: Uint8Array): void;
  readonly isFollowed: boolean;
  /** Bytes that are kept for those who attach later. */
  readonly kept: number;
  /** Chunks that wait for the slowest of those who follow it. */
  readonly behind: number;
  /** Takes the snapshot and follows the stream in one step. `wake` is called whenever there is something to take. */
  subscribe(wake: () => void): Subscription;
}

export interface BacklogLimits {
  /** How many bytes are kept for those who attach later. */
  readonly bytes: number;
  /** How many chunks a client may be behind before it loses some. */
  readonly queueChunks: number;
}

export function createBacklog(dialect: Dialect, limits: BacklogLimits): Backlog {
  const kept = createChunkList();
  const followers = new Set<Follower>();
  const parts = { limits, kept, followers };
  const { push, subscribe } = dialect === "runner" ? runnerBacklog(parts) : serveBacklog(parts);
  return {
    push,
    subscribe,
    get isFollowed() {
      return followers.size > 0;
    },
    get kept() {
      return kept.bytes;
    },
    get behind() {
      return Math.max(0, ...Array.from(followers, ({ behind }) => behind));
    },
  };
}

/** One who follows a stream live. */
interface Follower {
  follow(chunk: Uint8Array): void;
  /** Chunks that wait for it. */
  readonly behind: number;
}

/** What a backlog of either dialect is made of. */
interface Parts {
  readonly limits: BacklogLimits;
  readonly kept: ReturnType<typeof createChunkList>;
  readonly followers: Set<Follower>;
}

/** Chunks in order, dropped from the front in constant amortised time. */
function createChunkList() {
  let chunks: Uint8Array[] = [];
  let head = 0;
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    get length() {
      return chunks.length - head;
    },
    get first() {
      return chunks[head];
    },
    push(chunk: Uint8Array) {
      chunks.push(chunk);
      bytes += chunk.length;
    },
    shift(): Uint8Array | undefined {
      const chunk = chunks[head];
      if (chunk === undefined) return undefined;
      head += 1;
      bytes -= chunk.length;
      if (head > 512 && head * 2 > chunks.length) {
        chunks = chunks.slice(head);
        head = 0;
      }
      return chunk;
    },
    trimFirst(count: number) {
      const chunk = chunks[head];
      if (chunk === undefined) return;
      chunks[head] = chunk.subarray(count);
      bytes -= count;
    },
    toArray: () => chunks.slice(head),
  };
}

/** The Go runner's: trimmed by the byte, one snapshot chunk, a queue per client that drops the newest. */
function runnerBacklog({ limits, kept, followers }: Parts): Pick<Backlog, "push" | "subscribe"> {
  return {
    push(chunk) {
      kept.push(chunk);
      while (kept.bytes > limits.bytes) {
        const excess = kept.bytes - limits.bytes;
        if (kept.first !== undefined && kept.first.length <= excess) kept.shift();
        else kept.trimFirst(excess);
      }
      for (const { follow } of followers) follow(chunk);
    },
    subscribe(wake) {
      let snapshot: Uint8Array | undefined = kept.bytes > 0 ? Buffer.concat(kept.toArray()) : undefined;
      const queue = createChunkList();
      const follower: Follower = {
        follow(chunk) {
          if (queue.length < limits.queueChunks) queue.push(chunk);
          wake();
        },
        get behind() {
          return (snapshot === undefined ? 0 : 1) + queue.length;
        },
      };
      followers.add(follower);
      return {
        take() {
          if (snapshot === undefined) return queue.shift();
          const chunk = snapshot;
          snapshot = undefined;
          return chunk;
        },
        close: () => followers.delete(follower),
      };
    },
  };
}

/** serve's: whole chunks dropped, replayed one by one, and one ring of live chunks for all clients. */
function serveBacklog({ limits, kept, followers }: Parts): Pick<Backlog, "push" | "subscribe"> {
  const ring: Uint8Array[] = [];
  let pushed = 0;
  return {
    push(chunk) {
      kept.push(chunk);
      while (kept.bytes > limits.bytes && kept.length > 1) kept.shift();
      ring[pushed % limits.queueChunks] = chunk;
      pushed += 1;
      for (const { follow } of followers) follow(chunk);
    },
    subscribe(wake) {
      const replay = kept.toArray();
      let replayed = 0;
      let next = pushed;
      const follower: Follower = {
        follow: wake,
        get behind() {
          return replay.length - replayed + pushed - next;
        },
      };
      followers.add(follower);
      return {
        take() {
          const chunk = replay[replayed];
          if (chunk !== undefined) {
            replayed += 1;
            return chunk;
          }
          const oldest = pushed - limits.queueChunks;
          if (next < oldest) {
            next = oldest;
            return "lagged";
          }
          if (next >= pushed) return undefined;
          const live = ring[next % limits.queueChunks];
          next += 1;
          return live;
        },
        close: () => followers.delete(follower),
      };
    },
  };
}
