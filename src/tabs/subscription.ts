import type { OutputName } from "../attach/frames.ts";
import { sizeOf } from "./audience.ts";
import { compareTerms, type Join, type Reply, type Term } from "./protocol.ts";
import type { Track } from "./track.ts";

/** One tab's correspondence with whoever leads: which replies belong to it, and whether one is missing. */
export interface Subscription {
  /** The term of the leader that was last heard. */
  readonly term: Term | null;
  /** This tab has led itself: earlier leaders are not heard any more. */
  led(term: Term): void;
  /** Begins a session: what this tab has, for a leader to go on from. */
  join(): Join;
  /**
   * - `new`, `known`: a leader's welcome, and whether this tab follows it already.
   * - `next`: the reply that was due.
   * - `lost`: one before it is missing; nothing more is taken until another session is begun.
   * - `foreign`: of another leader, or another session.
   */
  sort(reply: Reply): "new" | "known" | "next" | "lost" | "foreign";
  /** What tells the leader that this reply was dealt with. */
  ack(reply: Reply): { readonly session: number; readonly bytes: number };
}

export function createSubscription(
  member: string,
  tracks: Readonly<Record<OutputName, Track>>,
): Subscription {
  let asked = 0;
  let term: Term | null = null;
  let session: { readonly number: number; replies: number; bytes: number } | null = null;

  const place = ({ log }: Track) => ({ position: log.end, marks: log.marks });

  return {
    get term() {
      return term;
    },
    led(own) {
      term = own;
      session = null;
    },
    join() {
      asked += 1;
      const { stdout, stderr } = tracks;
      return {
        type: "join",
        from: member,
        session: asked,
        term,
        stdout: place(stdout),
        stderr: place(stderr),
      };
    },
    sort(reply) {
      const order = term === null ? 1 : compareTerms(reply.term, term);
      if (reply.type === "welcome") {
        if (order < 0 || reply.session !== asked) return "foreign";
        term = reply.term;
        session = { number: asked, replies: 1, bytes: 0 };
        return order === 0 ? "known" : "new";
      }
      if (order !== 0 || session === null || reply.session !== session.number) return "foreign";
      if (reply.number !== session.replies) {
        session = null;
        return "lost";
      }
      session.replies += 1;
      return "next";
    },
    ack(reply) {
      if (session === null) return { session: 0, bytes: 0 };
      session.bytes += sizeOf(reply);
      return { session: session.number, bytes: session.bytes };
    },
  };
}
