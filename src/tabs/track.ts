import type { Standpoint } from "../attach/replay/positioner.ts";
import type { Verdict } from "../attach/replay/verdict.ts";
import { createLog, type Log, type Mark } from "./log.ts";

/** Where what a track delivers goes. */
export interface TrackSink {
  fresh(bytes: Uint8Array): void;
  /** `position` counts the bytes that this tab has delivered. */
  verdict(verdict: Verdict, position: number): void;
}

/**
 * One stream in one tab. Tabs speak of *absolute* positions: bytes since the stream's first one, as the leaders have counted
 * them. A tab that came late, or missed something, has delivered fewer: it counts its own, too.
 */
export interface Track {
  readonly log: Log;
  /** Bytes that this tab has delivered. */
  readonly delivered: number;
  /** Whether nothing is known to be missing here. */
  readonly whole: boolean;
  /** As leader: bytes, and verdicts on absolute positions, as the connection brought them. */
  append(bytes: Uint8Array): void;
  judge(position: number, verdict: Verdict): void;
  /** As follower: a new leader goes on from `end`. What it does not have yet, and this tab has, it will send again. */
  joined(end: number): void;
  /** As follower: what the leader sent. Bytes that are here are skipped, and bytes that are not are said to be missing. */
  take(position: number, bytes: Uint8Array): void;
  takeMark(mark: Mark): void;
  /** As follower: the stream has ended at `end`. */
  end(end: number): void;
  /** What a positioner needs to go on from here. */
  standpoint(): Standpoint;
}

export function createTrack(sink: TrackSink, capacity?: number): Track {
  const log = createLog(capacity);
  let delivered = 0;
  let whole = true;
  let open: number[] = [];
  /** The piece without a break that is delivered now: where it began, absolutely and here. */
  let piece = { absolute: 0, own: 0 };
  /** What this tab had of the stream when it joined a leader that had less. */
  let ahead: { readonly from: number; readonly to: number } | null = null;

  function append(bytes: Uint8Array): void {
    log.append(bytes);
    delivered += bytes.length;
    sink.fresh(bytes);
  }

  function say(verdict: Verdict, position: number): void {
    if (isDiscontinuity(verdict)) whole = false;
    sink.verdict(verdict, position);
  }

  /** An absolute position as this tab counts. A leader's join lies, for a tab that was ahead of it, where the tab was. */
  function own(position: number): number {
    const place = ahead !== null && position >= ahead.from ? Math.max(position, ahead.to) : position;
    return piece.own + Math.max(0, place - piece.absolute);
  }

  function remember(position: number, verdict: Verdict): void {
    open = open.filter((place) => place !== position);
    if (verdict.kind === "provisional") open.push(position);
  }

  /** What follows is at `position`, and does not follow from what was delivered. */
  function breakOff(position: number): void {
    log.restart(position);
    piece = { absolute: position, own: delivered };
    ahead = null;
  }

  function reach(position: number): void {
    const missing = position - log.end;
    if (missing <= 0) return;
    say({ kind: "gap", missing }, delivered);
    breakOff(position);
  }

  return {
    log,
    get delivered() {
      return delivered;
    },
    get whole() {
      return whole;
    },
    append,
    judge(position, verdict) {
      remember(position, verdict);
      log.mark(position, verdict);
      say(verdict, own(position));
    },
    joined(end) {
      ahead = log.end > end ? { from: end, to: log.end } : null;
    },
    take(position, bytes) {
      reach(position);
      const known = log.end - position;
      if (known < bytes.length) append(known === 0 ? bytes : bytes.subarray(known));
    },
    takeMark({ number, at, position, verdict }) {
      reach(at);
      remember(position, verdict);
      if (at < log.end && isDiscontinuity(verdict)) {
        // The leader does not know how it goes on from where it was, and less so how from here.
        say(verdict, delivered);
        breakOff(at);
      } else {
        say(verdict, own(position));
      }
      log.mark(position, verdict, number);
    },
    end: reach,
    standpoint: () => ({ position: log.end, tail: log.tail(), whole, open }),
  };
}

function isDiscontinuity({ kind }: Verdict): boolean {
  return kind === "gap" || kind === "ambiguous";
}
