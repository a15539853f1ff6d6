import * as v from "valibot";
import type { Cause, ExecutionEvent } from "../attach/events.ts";

/**
 * What tabs say to one another. It never leaves the origin (BroadcastChannel does not), and holds no credential: each tab has its
 * own. The version is in the channels' and the lock's names, so that tabs with different versions never meet.
 *
 * A *call* goes to all tabs, over one channel: from followers to whoever leads, and the announcement of a leader. A *reply* goes from
 * the leader to one follower, over a channel of its own: what a slow one leaves lying is bounded by what it was sent.
 */
const VERSION = 1;

/** The lock's name, and the channel's for calls. Unambiguous whatever the parts contain. */
export function nameOf(baseUrl: string, boxId: string, executionId: string): string {
  return `boxlite-web/${VERSION} ${JSON.stringify([baseUrl, boxId, executionId])}`;
}

/** The channel of one follower. */
export function inboxOf(name: string, member: string): string {
  return `${name} ${member}`;
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Stream = v.picklist(["stdout", "stderr"]);
const Bytes = v.instance(Uint8Array);
const Size = v.object({ cols: Count, rows: Count });
/** A period of leadership. The later one has the higher number; of two equal ones, the greater id. */
const TermSchema = v.object({ number: Count, id: v.string() });
export type Term = v.InferOutput<typeof TermSchema>;

const Place = v.object({ position: Count, marks: Count });

const VerdictSchema = v.variant("kind", [
  v.object({ kind: v.literal("exact"), proof: v.picklist(["length", "content", "total"]) }),
  v.object({ kind: v.literal("provisional") }),
  // The first that fits.
  v.object({ kind: v.literal("gap"), missing: Count, by: v.literal("gateway") }),
  v.object({ kind: v.literal("gap"), missing: Count }),
  v.object({ kind: v.literal("ambiguous"), policy: v.picklist(["repeat", "skip"]) }),
]);

/** What every tab makes for itself, of its own streams and its own end. */
const OWN_EVENTS: ReadonlySet<unknown> = new Set(["verdict", "dropped", "role", "exit", "failed"]);
const EventSchema = v.custom<ExecutionEvent>(
  (value) => isTagged(value, "type") && !OWN_EVENTS.has(value.type),
);
const CauseSchema = v.custom<Cause>((value) => isTagged(value, "kind"));

const Conclusion = v.object({
  status: v.picklist(["completed", "killed", "timed_out"]),
  exitCode: v.nullable(v.number()),
  source: v.picklist(["exit-frame", "status", "kill"]),
  complete: v.boolean(),
  message: v.nullable(v.string()),
});

const FailureSchema = v.variant("kind", [
  v.object({ kind: v.literal("gone"), message: v.string() }),
  v.object({ kind: v.literal("denied"), message: v.string() }),
  v.object({
    kind: v.literal("lost"),
    attempts: Count,
    budget: v.number(),
    cause: v.nullable(CauseSchema),
    obstacle: v.picklist(["cut", "slot-taken", "refused", "blocked", "unreachable"]),
  }),
]);

const CallSchema = v.variant("type", [
  /**
   * A tab follows, or asks whether it is still led: it has so much of each stream, as leaders up to `term` have counted it. The leader
   * answers with a welcome, in which it repeats `session`, and sends what the tab does not have.
   */
  v.object({
    type: v.literal("join"),
    from: v.string(),
    session: Count,
    term: v.nullable(TermSchema),
    stdout: Place,
    stderr: Place,
  }),
  v.object({ type: v.literal("leave"), from: v.string() }),
  v.object({ type: v.literal("lead"), term: TermSchema }),
  /** So many bytes of replies have been dealt with in this session. */
  v.object({ type: v.literal("ack"), from: v.string(), session: Count, bytes: Count }),
  /** A tab wants to send stdin, if need be on the next connection (`overOutages`); it does so when it is told. */
  v.object({ type: v.literal("want"), from: v.string(), request: Count, overOutages: v.boolean() }),
  v.object({ type: v.literal("input"), term: TermSchema, bytes: Bytes }),
  v.object({ type: v.literal("eof") }),
  v.object({ type: v.literal("resize"), size: Size }),
  /** The server has acknowledged a kill. */
  v.object({ type: v.literal("killed") }),
]);
export type Call = v.InferOutput<typeof CallSchema>;
export type Join = Extract<Call, { type: "join" }>;

/** Replies are numbered in their session: one that is missing is noticed. */
const reply = { term: TermSchema, session: Count, number: Count };

const ReplySchema = v.variant("type", [
  /** `stdout` and `stderr` are the leader's own positions. `connection` is the last that was heard of it. */
  v.object({
    type: v.literal("welcome"),
    ...reply,
    stdout: Count,
    stderr: Count,
    attaches: Count,
    connection: v.nullable(EventSchema),
    size: v.nullable(Size),
    stdinClosed: v.boolean(),
    killed: v.boolean(),
  }),
  v.object({ type: v.literal("output"), ...reply, stream: Stream, position: Count, bytes: Bytes }),
  v.object({
    type: v.literal("mark"),
    ...reply,
    stream: Stream,
    mark: v.object({ number: Count, at: Count, position: Count, verdict: VerdictSchema }),
  }),
  v.object({ type: v.literal("event"), ...reply, event: EventSchema }),
  /** The answer to a want: whether there is a connection; `refused` says why nothing can be sent at all. */
  v.object({
    type: v.literal("ready"),
    ...reply,
    request: Count,
    open: v.boolean(),
    refused: v.nullable(v.string()),
  }),
  v.object({
    type: v.literal("end"),
    ...reply,
    conclusion: Conclusion,
    stdout: v.object({ end: Count, proved: v.boolean() }),
    stderr: v.object({ end: Count, proved: v.boolean() }),
  }),
  v.object({ type: v.literal("failed"), ...reply, failure: FailureSchema }),
]);
export type Reply = v.InferOutput<typeof ReplySchema>;
export type Welcome = Extract<Reply, { type: "welcome" }>;
export type End = Extract<Reply, { type: "end" }>;
export type SharedFailure = v.InferOutput<typeof FailureSchema>;

/** What goes over the channel, checked; undefined for what no tab of this version says. */
export function parseCall(data: unknown): Call | undefined {
  const result = v.safeParse(CallSchema, data);
  return result.success ? result.output : undefined;
}

export function parseReply(data: unknown): Reply | undefined {
  const result = v.safeParse(ReplySchema, data);
  return result.success ? result.output : undefined;
}

/** Negative when `a` is the earlier term. */
export function compareTerms(a: Term, b: Term): number {
  if (a.number !== b.number) return a.number - b.number;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

function isTagged<K extends string>(value: unknown, tag: K): value is Readonly<Record<K, string>> {
  return (
    typeof value === "object" && value !== null && tag in value && typeof Reflect.get(value, tag) === "string"
  );
}
