import { createHistory } from "./history.ts";
import { findJoins, findOnce } from "./join.ts";
import { createPlace, inheritPlaces, isProof, type Place } from "./place.ts";
import type { AmbiguityPolicy, Verdict } from "./verdict.ts";

/** What the servers keep per stream, in bytes. */
export const BACKLOG_BYTES = 262_144;

/** No chunk that a server sends live, or replays as a chunk, is as large: a larger first frame is a whole backlog. */
export const LARGEST_CHUNK = 4_096;

/**
 * Overlaps shorter than this may be chance. At one bit of information per byte, which is little even for text, the odds of
 * 64 equal bytes at any one of 262,144 places are 2⁻⁴⁶.
 */
export const MINIMUM_OVERLAP = 64;

/** What a positioner says, in order. */
export interface PositionerSink {
  /** Bytes that were not delivered before. */
  fresh(bytes: Uint8Array): void;
  /** What is known of a place: of the bytes that follow or, where it settles late, of `position`. */
  verdict(verdict: Verdict, position: number): void;
}

export interface PositionerOptions {
  readonly policy: AmbiguityPolicy;
  /** Default: what the servers keep. */
  readonly capacity?: number;
}

/** What was delivered on a stream, as the next positioner needs it to go on from there. */
export interface Standpoint {
  /** Bytes delivered. */
  readonly position: number;
  /** The last of them: all, or a backlog's worth. */
  readonly tail: Uint8Array;
  /** Whether nothing is known to be missing. */
  readonly whole: boolean;
  /** The places whose verdict is still `provisional`. */
  readonly open: readonly number[];
}

/**
 * Finds, on one stream, where the replay of a new connection joins what was already delivered. The servers send no
 * offsets and nothing marks where a replay ends, so it goes by content, and by lengths where they prove something. A
 * seam: real cursors would replace it.
 */
export interface Positioner {
  /** Bytes delivered so far. */
  readonly position: number;
  /** Whether bytes are held back because their place is not known yet. */
  readonly holding: boolean;
  /** Whether the replay has not got to what was delivered before it: nothing that is new can have come. */
  readonly behind: boolean;
  /** Whether all that the process wrote is known to have been delivered. Only a whole replay after its end can tell. */
  readonly proved: boolean;
  /** Goes on from what another positioner has delivered. Before the first connection only. */
  resume(from: Standpoint): void;
  /**
   * A connection opened: what comes now may be a replay. Bytes still held are forgotten; they come again.
   *
   * @param drain The process has ended: all that comes is replay.
   */
  attached(drain: boolean, sink: PositionerSink): void;
  /** Takes the bytes of one frame. */
  push(bytes: Uint8Array, sink: PositionerSink): void;
  /** So many bytes of the connection were dropped here, on the way. */
  missed(count: number, sink: PositionerSink): void;
  /** Nothing was heard for a while: what is held is decided on as it is, though more may come. */
  settle(sink: PositionerSink): void;
  /** The stream has ended with the exit frame: its length may settle what was open. */
  end(sink: PositionerSink): void;
  /** Nothing more comes, and nothing says that it was all: what is held or open is decided on as it is. */
  abandon(sink: PositionerSink): void;
}

type Phase =
  | { readonly name: "live" }
  /** The replay begins at `start` of `kept`, and has been followed up to `at`. */
  | { readonly name: "aligned"; readonly kept: Uint8Array; readonly start: number; at: number }
  /** The replay so far, whose beginning is looked for in `kept`. */
  | {
      readonly name: "searching";
      readonly kept: Uint8Array;
      /** Where it differs, if it begins at byte 0: `proved` by its length, or by so much that is equal. */
      readonly differs: { readonly at: number; readonly proved: boolean } | null;
      held: Uint8Array;
      length: number;
      decideAt: number;
    };

type Aligned = Extract<Phase, { name: "aligned" }>;
type Searching = Extract<Phase, { name: "searching" }>;

/**
 * What is to come of a replay that is being looked for: more; perhaps more, but nothing was heard for a while, or its
 * connection was cut; or nothing, for the exit frame has come behind it.
 */
type Rest = "more" | "perhaps" | "none";

const LIVE: Phase = { name: "live" };

export function createPositioner({ policy, capacity = BACKLOG_BYTES }: PositionerOptions): Positioner {
  let history = createHistory(capacity);
  let position = 0;
  let phase: Phase = LIVE;
  /** Bytes and frames of this connection. */
  let received = 0;
  let frames = 0;
  let drain = false;
  /** Nothing had been delivered when it opened: its first byte is taken for byte 0. */
  let first = true;
  /** False once something is known to be missing, or not known not to be. */
  let whole = true;
  let proved = false;
  /** The first frames of this server are whole backlogs: one was larger than any chunk. */
  let wholeBacklogs = false;
  /** Where the replay of this connection joins, as long as it has one place. */
  let place: Place | null = null;
  /** The place is byte 0, for all that was delivered is kept and fits there so far. */
  let fromZero = false;

  function deliver(bytes: Uint8Array, sink: PositionerSink): void {
    if (bytes.length === 0) return;
    place?.follow(bytes, received, sink);
    history.append(bytes);
    position += bytes.length;
    sink.fresh(bytes);
  }

  function say(verdict: Verdict, at: number, sink: PositionerSink): void {
    if (verdict.kind === "gap" || verdict.kind === "ambiguous") whole = false;
    sink.verdict(verdict, at);
  }

  /** Whether the first frame shows that nothing was trimmed from the backlog. */
  function provesStart(length: number): boolean {
    if (length > LARGEST_CHUNK) wholeBacklogs = true;
    return wholeBacklogs && length < capacity;
  }

  function placeAt(kept: Uint8Array, start: number): Place {
    const earlier = fromZero ? place : null;
    return createPlace({
      kept,
      start,
      fromZero,
      position,
      before: earlier?.open ?? [],
      earlier: earlier?.standing ?? null,
      settlesAt: capacity - LARGEST_CHUNK,
      minimum: MINIMUM_OVERLAP,
      say,
    });
  }

  function follow(aligned: Aligned, bytes: Uint8Array, sink: PositionerSink): void {
    const { kept, start } = aligned;
    const overlap = Math.min(bytes.length, kept.length - aligned.at);
    const same = commonLength(kept, aligned.at, bytes, overlap);
    aligned.at += same;
    if (same < overlap) {
      const replayed = kept.subarray(start, aligned.at);
      const proved = fromZero && frames === 1 && provesStart(bytes.length);
      const likely = fromZero && replayed.length >= MINIMUM_OVERLAP;
      const searching = search(kept, proved || likely ? { at: replayed.length, proved } : null, replayed);
      hold(searching, bytes.subarray(same));
      fromZero = false;
      place?.cut(sink);
      place = null;
      phase = searching;
      if (proved) mend(searching, "more", sink);
      else decide(searching, "more", sink);
    } else if (aligned.at === kept.length) {
      join(kept, start, bytes.subarray(same), sink);
    }
  }

  /** The replay has reached the end of what was delivered; what comes behind it is new. */
  function join(kept: Uint8Array, start: number, rest: Uint8Array, sink: PositionerSink): void {
    phase = LIVE;
    if (!fromZero && !isProof(kept, start, MINIMUM_OVERLAP)) {
      say({ kind: "ambiguous", policy }, position, sink);
      if (policy === "repeat") deliver(kept.slice(start), sink);
    } else {
      place ??= placeAt(kept, start);
      place.joined(received - rest.length, sink);
    }
    deliver(rest, sink);
  }

  function decide(searching: Searching, rest: Rest, sink: PositionerSink): void {
    if (rest === "more" && searching.length < searching.decideAt) return;
    const held = searching.held.subarray(0, searching.length);
    // Up to the exit frame a server replays all that it has sent: a place from where that does not reach the end of it is none.
    const beyond = rest === "none" ? Math.max(0, searching.kept.length - held.length) : 0;
    const kept = searching.kept.subarray(beyond);
    const joins = findJoins(kept, held, MINIMUM_OVERLAP);
    if (joins.count === 0) {
      // Of a trimmed replay, or of one with a loss before it, all has to be seen.
      // One that begins before what is kept, because that begins behind a loss, has to be seen to its end.
      const longest = kept.length < Math.min(position, capacity) ? capacity : capacity - LARGEST_CHUNK;
      const entire =
        rest !== "more" || held.length >= longest || (frames === 1 && held.length > LARGEST_CHUNK);
      if (entire) mend(searching, rest, sink);
      else searching.decideAt = longest;
      return;
    }
    const overlap = kept.length - joins.first;
    if (joins.count === 1 && held.length >= overlap) {
      join(kept, joins.first, held.slice(overlap), sink);
    } else if (joins.count > 1 && held.length < overlap && rest === "more") {
      searching.decideAt = Math.min(held.length * 16, overlap);
    } else {
      if (joins.count > 1) say({ kind: "ambiguous", policy }, position, sink);
      if (joins.count > 1 && policy === "repeat") resume(searching, 0, sink);
      else if (held.length >= overlap) resume(searching, overlap, sink);
      else phase = { name: "aligned", kept, start: joins.first, at: joins.first + held.length };
    }
  }

  /** The replay does not begin in what is kept. It may still go on from there: then something was lost before its end. */
  function mend({ kept, differs, held, length }: Searching, rest: Rest, sink: PositionerSink): void {
    const tail = kept.subarray(Math.max(differs?.at ?? 0, kept.length - LARGEST_CHUNK));
    const end = tail.length < MINIMUM_OVERLAP ? -1 : findOnce(tail, held.subarray(0, length));
    if (end === -1) {
      say({ kind: "gap", missing: 0 }, position, sink);
      resume({ held, length }, differs?.proved ? differs.at : 0, sink);
      return;
    }
    const missing = differs === null ? 0 : Math.max(0, end - kept.length);
    say({ kind: "gap", missing }, differs?.at ?? position, sink);
    if (rest === "more" && !(frames === 1 && length > LARGEST_CHUNK)) {
      // The tail was found once in what has come of the replay. It may come again before its end.
      place = createPlace({
        kept: tail,
        start: 0,
        fromZero: false,
        position,
        settlesAt: capacity,
        minimum: MINIMUM_OVERLAP,
        say: (verdict, at, sink) => {
          if (verdict.kind === "ambiguous") say(verdict, at, sink);
        },
      });
      place.joined(received - (length - end), sink);
    }
    resume({ held, length }, end, sink);
  }

  function resume(
    { held, length }: Pick<Searching, "held" | "length">,
    from: number,
    sink: PositionerSink,
  ): void {
    phase = LIVE;
    deliver(held.slice(from, length), sink);
  }

  return {
    get position() {
      return position;
    },
    get holding() {
      return phase.name === "searching";
    },
    get behind() {
      return phase.name !== "live";
    },
    get proved() {
      return proved;
    },
    resume(from) {
      position = from.position;
      whole = from.whole;
      if (from.tail.length > 0) history.append(from.tail);
      if (from.open.length === 0) return;
      const delivered = whole && from.tail.length === position ? from.tail : null;
      place = inheritPlaces(from.open, delivered, { minimum: MINIMUM_OVERLAP, say });
      fromZero = true;
    },
    attached(draining, sink) {
      received = 0;
      frames = 0;
      drain = draining;
      first = position === 0;
      phase = LIVE;
      if (first) return;
      const kept = history.copy();
      // As long as all that was delivered is kept, the replay is taken to begin at byte 0 until it differs.
      const stillFromZero = whole && position <= capacity;
      if (!(fromZero && stillFromZero)) {
        place?.cut(sink);
        place = null;
      }
      fromZero = stillFromZero;
      if (fromZero) {
        place = placeAt(kept, 0);
        phase = { name: "aligned", kept, start: 0, at: 0 };
      } else {
        phase = search(kept, null, new Uint8Array(0));
      }
    },
    push(bytes, sink) {
      frames += 1;
      received += bytes.length;
      if (frames === 1) {
        if (provesStart(bytes.length)) {
          if (fromZero) place?.prove();
        } else if (first && bytes.length === capacity) say({ kind: "gap", missing: 0 }, 0, sink);
      }
      if (phase.name === "live") {
        deliver(bytes, sink);
      } else if (phase.name === "aligned") {
        follow(phase, bytes, sink);
      } else {
        hold(phase, bytes);
        decide(phase, "more", sink);
      }
    },
    missed(count, sink) {
      frames += 1;
      // Of a replay, what was delivered before is not missing. It was not compared either: what follows is taken for new.
      let replayed = 0;
      if (phase.name === "searching") {
        decide(phase, "perhaps", sink);
        replayed = count;
      } else if (phase.name === "aligned") {
        replayed = phase.kept.length - phase.at;
      }
      phase = LIVE;
      fromZero = false;
      place?.cut(sink);
      place = null;
      const missing = Math.max(0, count - replayed);
      say({ kind: "gap", missing, ...(missing > 0 && { by: "gateway" as const }) }, position, sink);
      // What comes behind does not go on from what came before.
      history = createHistory(capacity);
    },
    settle(sink) {
      if (phase.name === "searching") decide(phase, "perhaps", sink);
    },
    end(sink) {
      if (phase.name === "aligned") {
        // The replay is over, and did not reach what was delivered: it began elsewhere.
        const { kept, start, at } = phase;
        fromZero = false;
        place?.cut(sink);
        place = null;
        phase = search(kept, null, kept.subarray(start, at));
      }
      if (phase.name === "searching") decide(phase, "none", sink);
      const untrimmed = received < capacity - LARGEST_CHUNK;
      place?.end(untrimmed, sink);
      // Of a live stream the beginning is not in doubt: it was attached to at once. A backlog of this length may be trimmed.
      if (first && drain && !untrimmed && whole) say({ kind: "gap", missing: 0 }, 0, sink);
      proved = whole && untrimmed && drain && (first || fromZero);
    },
    abandon(sink) {
      if (phase.name === "searching") decide(phase, "perhaps", sink);
      place?.cut(sink);
    },
  };
}

function search(kept: Uint8Array, differs: Searching["differs"], replayed: Uint8Array): Searching {
  const searching: Searching = {
    name: "searching",
    kept,
    differs,
    held: new Uint8Array(0),
    length: 0,
    decideAt: 0,
  };
  hold(searching, replayed);
  searching.decideAt = Math.max(replayed.length + 1, MINIMUM_OVERLAP);
  return searching;
}

function hold(searching: Searching, bytes: Uint8Array): void {
  const needed = searching.length + bytes.length;
  if (needed > searching.held.length) {
    const larger = new Uint8Array(Math.max(needed, searching.held.length * 2));
    larger.set(searching.held.subarray(0, searching.length));
    searching.held = larger;
  }
  searching.held.set(bytes, searching.length);
  searching.length = needed;
}

function commonLength(kept: Uint8Array, from: number, bytes: Uint8Array, limit: number): number {
  let same = 0;
  while (same < limit && kept[from + same] === bytes[same]) same += 1;
  return same;
}
