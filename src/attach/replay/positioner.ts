import { createHistory } from "./history.ts";
import { findJoins } from "./join.ts";

/** What the servers keep per stream, in bytes. */
export const BACKLOG_BYTES = 262_144;

/** What a positioner says, in order. */
export interface PositionerSink {
  /** Bytes that were not delivered before. */
  fresh(bytes: Uint8Array): void;
  /** The position of what follows is not proved. */
  discontinuity(verdict: "gap" | "ambiguous", position: number): void;
}

/**
 * Finds, on one stream, where the replay of a new connection joins what was already delivered. The servers send no
 * offsets and nothing marks where a replay ends, so it goes by content, and by the length of the first frame where that
 * proves something. A seam: real cursors would replace it.
 */
export interface Positioner {
  /** Bytes delivered so far. */
  readonly position: number;
  /** Whether bytes are held back because their place is not known yet. */
  readonly holding: boolean;
  /** A connection opened: what comes now may be a replay. Bytes still held are forgotten; they come again. */
  attached(): void;
  /** Takes the bytes of one frame. */
  push(bytes: Uint8Array, sink: PositionerSink): void;
  /** No more of the replay will come: what is held is decided on as it is. */
  settle(sink: PositionerSink): void;
}

/** Overlaps shorter than this may be chance: in 256 KiB of random bytes the odds of one such are 2⁻²³⁸. */
const MINIMUM_OVERLAP = 32;

/** No chunk that a server sends live, or replays as a chunk, is as large: a larger frame is a whole backlog. */
const LARGEST_CHUNK = 4096;

type Phase =
  | { readonly name: "live" }
  /** The replay was found to begin at `start` of `kept` and has been followed up to `at`. */
  | {
      readonly name: "aligned";
      readonly kept: Uint8Array;
      readonly start: number;
      at: number;
      /** The length of the first frame proves that the replay begins at byte 0. */
      proved: boolean;
    }
  | {
      readonly name: "searching";
      readonly kept: Uint8Array;
      held: Uint8Array;
      length: number;
      decideAt: number;
    };

const LIVE: Phase = { name: "live" };

export function createPositioner(capacity: number = BACKLOG_BYTES): Positioner {
  const history = createHistory(capacity);
  let position = 0;
  let phase: Phase = LIVE;

  function deliver(bytes: Uint8Array, sink: PositionerSink): void {
    if (bytes.length === 0) return;
    history.append(bytes);
    position += bytes.length;
    sink.fresh(bytes);
  }

  function follow(
    aligned: Extract<Phase, { name: "aligned" }>,
    bytes: Uint8Array,
    sink: PositionerSink,
  ): void {
    const { kept, start } = aligned;
    if (aligned.at === start && start === 0) {
      aligned.proved = bytes.length > LARGEST_CHUNK && bytes.length < capacity;
    }
    const overlap = Math.min(bytes.length, kept.length - aligned.at);
    const same = commonLength(kept, aligned.at, bytes, overlap);
    aligned.at += same;
    if (same < overlap) {
      if (aligned.proved) {
        // The replay begins at byte 0 and differs: something was lost before. From the difference on, all is sent again.
        phase = LIVE;
        sink.discontinuity("gap", position);
        deliver(bytes.subarray(same), sink);
        return;
      }
      const replayed = kept.subarray(start, aligned.at);
      phase = search(kept, replayed, replayed.length + bytes.length - same);
      hold(phase, bytes.subarray(same));
      decide(phase, false, sink);
      return;
    }
    if (aligned.at === kept.length) {
      phase = LIVE;
      deliver(bytes.subarray(same), sink);
    }
  }

  function decide(
    searching: Extract<Phase, { name: "searching" }>,
    final: boolean,
    sink: PositionerSink,
  ): void {
    if (searching.length < searching.decideAt && !final) return;
    const { kept } = searching;
    const held = searching.held.subarray(0, searching.length);
    const joins = findJoins(kept, held, MINIMUM_OVERLAP);
    // A server that has sent a byte replays up to it at least: until then a place that fits may still be refuted.
    const open = joins.count > 1 && held.length < kept.length - joins.first;
    if (open && !final) {
      searching.decideAt = Math.min(held.length * 2, kept.length - joins.first);
      return;
    }
    if (joins.count === 0) sink.discontinuity("gap", position);
    if (joins.count > 1) sink.discontinuity("ambiguous", position);
    const start = joins.count === 0 ? kept.length : joins.last;
    const overlap = Math.min(held.length, kept.length - start);
    if (start + overlap < kept.length) {
      phase = { name: "aligned", kept, start, at: start + overlap, proved: false };
      return;
    }
    phase = LIVE;
    deliver(held.slice(overlap), sink);
  }

  return {
    get position() {
      return position;
    },
    get holding() {
      return phase.name === "searching";
    },
    attached() {
      if (position === 0) {
        phase = LIVE;
        return;
      }
      const kept = history.copy();
      // As long as all that was delivered is kept, the replay is taken to begin at byte 0 until it differs.
      phase =
        position <= capacity
          ? { name: "aligned", kept, start: 0, at: 0, proved: false }
          : search(kept, new Uint8Array(0), MINIMUM_OVERLAP);
    },
    push(bytes, sink) {
      if (phase.name === "live") {
        deliver(bytes, sink);
      } else if (phase.name === "aligned") {
        follow(phase, bytes, sink);
      } else {
        hold(phase, bytes);
        decide(phase, false, sink);
      }
    },
    settle(sink) {
      if (phase.name === "searching") decide(phase, true, sink);
    },
  };
}

function search(
  kept: Uint8Array,
  replayed: Uint8Array,
  decideAt: number,
): Extract<Phase, { name: "searching" }> {
  const searching = { name: "searching" as const, kept, held: new Uint8Array(0), length: 0, decideAt: 0 };
  hold(searching, replayed);
  searching.decideAt = Math.max(decideAt, MINIMUM_OVERLAP);
  return searching;
}

function hold(searching: Extract<Phase, { name: "searching" }>, bytes: Uint8Array): void {
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
