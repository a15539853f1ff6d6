import { createWatch, findOnce, longestBorder, type Watch } from "./join.ts";
import type { PositionerSink } from "./positioner.ts";
import type { Verdict } from "./verdict.ts";

/** A place without a verdict that lasts. */
export interface OpenPlace {
  /** Bytes delivered before it. */
  readonly position: number;
  /** What is said of it, unless it can be proved that the replays began at byte 0. */
  readonly otherwise: Verdict;
}

const DOUBT: Verdict = { kind: "ambiguous", policy: "skip" };
const PROVED: Verdict = { kind: "exact", proof: "content" };

/** A place where a replay was joined, whose verdict may settle later than the bytes behind it are delivered. */
export interface Place {
  /** The places that are open: earlier ones, and this one. A replay that is proved to begin at byte 0 proves all of them. */
  readonly open: readonly OpenPlace[];
  /** The place whose evidence stands when another is compared: this one, or the one before until it has joined. */
  readonly standing: Place | null;
  /** The length of the first frame proves that the replay begins at byte 0. */
  prove(): void;
  /** The replay has reached the end of what was delivered, after `received` bytes of the connection. */
  joined(received: number, sink: PositionerSink): void;
  /** Takes what is delivered behind it. `received` counts the bytes of the connection, these included. */
  follow(bytes: Uint8Array, received: number, sink: PositionerSink): void;
  /** The stream has ended; `untrimmed` if it was too short for its backlog to have been trimmed. */
  end(untrimmed: boolean, sink: PositionerSink): void;
  /** The connection was cut: what is known by now has to do. */
  cut(sink: PositionerSink): void;
}

export interface PlaceSettings {
  /** All that is kept of what was delivered. */
  readonly kept: Uint8Array;
  /** Where in it the replay begins: from there on both have the same bytes. */
  readonly start: number;
  /** All that was delivered is kept, and the replay is taken to begin at byte 0. */
  readonly fromZero: boolean;
  /** Bytes delivered before it. */
  readonly position: number;
  /** The earlier places that are open. Content proves each by itself: a loss in between may be such that all fits behind it. */
  readonly before?: readonly OpenPlace[];
  /** The earlier place: should the replay not reach the end of what was delivered, it settles by what it knows itself. */
  readonly earlier?: Place | null;
  /** Bytes of a connection from which on no length can prove a place: its backlog may have been trimmed. */
  readonly settlesAt: number;
  /** Overlaps shorter than this prove nothing. */
  readonly minimum: number;
  readonly say: (verdict: Verdict, position: number, sink: PositionerSink) => void;
}

export function createPlace(settings: PlaceSettings): Place {
  const { kept, start, fromZero, position, before = [], settlesAt, minimum, say } = settings;
  const common = kept.subarray(start);
  let state: "comparing" | "open" | "settled" = "comparing";
  let proved = false;
  let repeated = false;
  let periodic: boolean | undefined;
  let watch: Watch | null = null;
  let earlier = settings.earlier ?? null;

  /**
   * If the replay began elsewhere, the process would have written what both have in common twice. Unless it does repeat
   * itself, in what was delivered or behind it, that is no accident that happens.
   */
  function byContent(): Verdict {
    periodic ??= fromZero && isPeriodic(common, minimum);
    return repeated || periodic || common.length < minimum ? DOUBT : PROVED;
  }

  function close(): void {
    state = "settled";
    watch = null;
  }

  function settle(verdict: Verdict, sink: PositionerSink): void {
    close();
    for (const open of before) say(verdict, open.position, sink);
    say(verdict, position, sink);
  }

  function settleByContent(sink: PositionerSink): void {
    close();
    for (const open of before) say(open.otherwise, open.position, sink);
    say(byContent(), position, sink);
  }

  const place: Place = {
    get open() {
      return state === "open" ? [...before, { position, otherwise: byContent() }] : (earlier?.open ?? []);
    },
    get standing() {
      return state === "open" ? place : earlier;
    },
    prove() {
      proved = true;
    },
    joined(received, sink) {
      earlier = null;
      if (proved) {
        settle({ kind: "exact", proof: "length" }, sink);
        return;
      }
      state = "open";
      if (fromZero) say({ kind: "provisional" }, position, sink);
      if (received >= settlesAt) settleByContent(sink);
      else watch = createWatch(common, common.length);
    },
    follow(bytes, received, sink) {
      if (state !== "open") return;
      if (watch !== null && !repeated) {
        for (const byte of bytes) if (watch.next(byte)) repeated = true;
      }
      // Of what may begin at byte 0, a length may still prove it.
      if (received >= settlesAt || (repeated && !fromZero)) settleByContent(sink);
    },
    end(untrimmed, sink) {
      if (state !== "open") return;
      if (untrimmed && fromZero) settle({ kind: "exact", proof: "total" }, sink);
      else settleByContent(sink);
    },
    cut(sink) {
      if (state === "open") settleByContent(sink);
      else earlier?.cut(sink);
    },
  };
  return place;
}

/**
 * Places that somebody else left open, at `positions`.
 *
 * @param delivered All that was delivered, from byte 0 on; null where not all of it is kept: then they are in doubt.
 */
export function inheritPlaces(
  positions: readonly number[],
  delivered: Uint8Array | null,
  { minimum, say }: Pick<PlaceSettings, "minimum" | "say">,
): Place {
  const open = positions.map((position) => {
    const proved = delivered !== null && isProvedBehind(delivered, position, minimum);
    return { position, otherwise: proved ? PROVED : DOUBT };
  });
  const place: Place = {
    open,
    get standing() {
      return place;
    },
    prove() {},
    joined() {},
    follow() {},
    end() {},
    cut(sink) {
      for (const { position, otherwise } of open) say(otherwise, position, sink);
    },
  };
  return place;
}

/** What {@link createPlace} finds out while it follows, of a place at byte 0. */
function isProvedBehind(delivered: Uint8Array, position: number, minimum: number): boolean {
  const common = delivered.subarray(0, position);
  if (common.length < minimum || isPeriodic(common, minimum)) return false;
  const watch = createWatch(common, common.length);
  return !delivered.subarray(position).some((byte) => watch.next(byte));
}

/**
 * Whether what both have in common, `kept` from `start` on, proves a place: it stands nowhere else in what was delivered,
 * and that does not hang on a few bytes at its end. A row of equal lines is in many places, whatever the last one is cut to.
 */
export function isProof(kept: Uint8Array, start: number, minimum: number): boolean {
  const body = kept.subarray(start, kept.length - minimum);
  return body.length >= minimum && findOnce(body, kept) !== -1;
}

/** Whether bytes repeat themselves: they end as they begin, or do so after a few. */
function isPeriodic(bytes: Uint8Array, minimum: number): boolean {
  const border = longestBorder(bytes);
  return border >= minimum || bytes.length - border < minimum;
}
