import type { ExecutionEvent } from "../attach/events.ts";
import type { OutputName } from "../attach/frames.ts";
import type { Cursor, Log } from "./log.ts";
import type { Channel } from "./platform.ts";
import {
  compareTerms,
  type End,
  type Join,
  type Reply,
  type SharedFailure,
  type Term,
  type Welcome,
} from "./protocol.ts";

/** Bytes under way to one follower at most: then it gets no more until it has dealt with some. */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** Less than that waits for what is under way; the first byte after a pause does not. */
export const BATCH_BYTES = 32 * 1024;

/** Bytes of one message at most. */
const MESSAGE_BYTES = 64 * 1024;

/** What a reply counts as, in bytes: those without any are bounded, too. */
export function sizeOf(reply: Pick<Reply, "type"> & { readonly bytes?: Uint8Array }): number {
  return 256 + (reply.bytes?.length ?? 0);
}

/** A reply, before it is addressed. */
type Content = Reply extends infer R
  ? R extends Reply
    ? Omit<R, "term" | "session" | "number">
    : never
  : never;

interface Follower {
  readonly inbox: Channel;
  session: number;
  replies: number;
  sent: number;
  dealtWith: number;
  cursors: Record<OutputName, Cursor>;
}

/** What a follower needs to know beside the streams. */
export type Facts = Pick<Welcome, "attaches" | "connection" | "size" | "stdinClosed" | "killed">;

/** The tabs that follow this one, which leads. */
export interface Audience {
  /** Whether somebody follows, or did and left without a word. */
  readonly any: boolean;
  join(call: Join, facts: Facts): void;
  leave(member: string): void;
  ack(member: string, session: number, bytes: number): void;
  /** There is more in the logs. */
  flush(): void;
  event(event: ExecutionEvent): void;
  ready(member: string, request: number, open: boolean, refused: string | null): void;
  end(end: Pick<End, "conclusion" | "stdout" | "stderr">): void;
  failed(failure: SharedFailure): void;
  close(): void;
}

/**
 * Sends what the logs keep. Nothing is queued here: a follower is a cursor in each log, and one that falls out of what is kept
 * misses what was in between, and knows. So a slow one costs the leader nothing, and the browser `WINDOW_BYTES` at most.
 *
 * @param base Marks of each stream that were made before this term: later ones are news to whoever followed another leader.
 */
export function createAudience(
  term: Term,
  logs: Readonly<Record<OutputName, Log>>,
  base: Readonly<Record<OutputName, number>>,
  open: (member: string) => Channel,
): Audience {
  const followers = new Map<string, Follower>();

  function post(follower: Follower, content: Content): void {
    const { session, replies } = follower;
    follower.replies += 1;
    follower.sent += sizeOf(content);
    follower.inbox.post({ ...content, term, session, number: replies });
  }

  const underWay = (follower: Follower) => follower.sent - follower.dealtWith;

  /** @param all Whatever is under way: there will be no other occasion. */
  function send(follower: Follower, all: boolean): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const log = logs[stream];
      const cursor = follower.cursors[stream];
      for (;;) {
        const { bytes, mark } = log.waiting(cursor);
        const early = !mark && bytes < BATCH_BYTES && underWay(follower) > 0;
        if (!all && (early || underWay(follower) >= WINDOW_BYTES)) break;
        const item = log.next(cursor, MESSAGE_BYTES);
        if (item === undefined) break;
        if (item.kind === "mark") {
          post(follower, { type: "mark", stream, mark: item.mark });
        } else {
          post(follower, { type: "output", stream, position: item.position, bytes: item.bytes });
        }
      }
    }
  }

  function cursor(stream: OutputName, { term: followed, [stream]: { position, marks } }: Join): Cursor {
    const known =
      followed !== null && compareTerms(followed, term) === 0 ? marks : Math.min(marks, base[stream]);
    return { position: Math.min(position, logs[stream].end), marks: known };
  }

  return {
    get any() {
      return followers.size > 0;
    },
    join(call, facts) {
      const cursors = { stdout: cursor("stdout", call), stderr: cursor("stderr", call) };
      const inbox = followers.get(call.from)?.inbox ?? open(call.from);
      const follower = { inbox, session: call.session, replies: 0, sent: 0, dealtWith: 0, cursors };
      followers.set(call.from, follower);
      post(follower, { type: "welcome", stdout: logs.stdout.end, stderr: logs.stderr.end, ...facts });
      send(follower, false);
    },
    leave(member) {
      followers.get(member)?.inbox.close();
      followers.delete(member);
    },
    ack(member, session, bytes) {
      const follower = followers.get(member);
      if (follower?.session !== session) return;
      follower.dealtWith = bytes;
      send(follower, false);
    },
    flush() {
      for (const follower of followers.values()) send(follower, false);
    },
    event(event) {
      // Whoever is so far behind does without.
      for (const follower of followers.values())
        if (underWay(follower) < WINDOW_BYTES) post(follower, { type: "event", event });
    },
    ready(member, request, open, refused) {
      const follower = followers.get(member);
      if (follower !== undefined) post(follower, { type: "ready", request, open, refused });
    },
    end(end) {
      for (const follower of followers.values()) {
        send(follower, true);
        post(follower, { type: "end", ...end });
      }
    },
    failed(failure) {
      for (const follower of followers.values()) {
        send(follower, true);
        post(follower, { type: "failed", failure });
      }
    },
    close() {
      for (const { inbox } of followers.values()) inbox.close();
      followers.clear();
    },
  };
}
