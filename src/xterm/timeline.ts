import type { ExecutionEvent } from "../attach/events.ts";

/** What comes to the terminal, in order. */
export type Segment =
  /** `replay`: it may have been shown before, here or elsewhere; questions in it are old. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly replay: boolean }
  /** What follows begins anew, with all that the server keeps. */
  | { readonly kind: "reset" }
  /** Bytes are missing here, `bytes` of them at least; `undrawn` if they came faster than they could be drawn. */
  | { readonly kind: "missing"; readonly bytes: number; readonly undrawn: boolean };

type Seam = Exclude<Segment, { kind: "bytes" }>;

export interface Timeline {
  /** Whether what comes now counts as replay. */
  readonly replaying: boolean;
  event(event: ExecutionEvent): void;
  /** The next bytes of stdout. Events of what is before them have been told. */
  output(bytes: Uint8Array): void;
  /** No more comes. */
  end(): void;
}

/** What servers keep per stream: a replay is never longer. */
const BACKLOG_BYTES = 262_144;

/** Milliseconds without output, after the first of a connection, that end a replay. The positioner waits as long. */
const QUIET = 250;

/**
 * Puts the places that events tell of into the output, and says what of it is replay: the first output of an execution
 * that was taken up, and what follows a gap or a repetition. No server marks the end of a replay. It is over when output
 * has paused, for a server sends all of it at once, or when a whole backlog has come.
 */
export function createTimeline(taken: boolean, emit: (segment: Segment) => void): Timeline {
  /** Bytes of stdout so far, those that were dropped on the way here included. */
  let position = 0;
  /** What of the replay may still come; 0: it is over. */
  let replayLeft = taken ? BACKLOG_BYTES : 0;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  const seams: { readonly at: number; readonly seam: Seam; readonly dropped: number }[] = [];
  /** Bytes that were dropped on the way here, as far as events have told. */
  let dropped = 0;

  function over(): void {
    replayLeft = 0;
  }

  function emitBytes(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    position += bytes.length;
    emit({ kind: "bytes", bytes, replay: replayLeft > 0 });
    if (replayLeft === 0) return;
    replayLeft = Math.max(0, replayLeft - bytes.length);
    clearTimeout(quiet);
    quiet = setTimeout(over, QUIET);
  }

  function emitSeam(seam: Seam): void {
    emit(seam);
    if (seam.kind === "missing" && seam.undrawn) return;
    replayLeft = BACKLOG_BYTES;
    clearTimeout(quiet);
  }

  return {
    get replaying() {
      return replayLeft > 0;
    },
    event(event) {
      switch (event.type) {
        case "connected":
          if (replayLeft > 0) replayLeft = BACKLOG_BYTES;
          break;
        case "disconnected":
          // A pause for want of a connection is no end of a replay.
          clearTimeout(quiet);
          break;
        case "verdict": {
          if (event.stream !== "stdout") break;
          const { position: at, verdict } = event;
          if (verdict.kind === "gap") {
            const undrawn = verdict.by === "gateway";
            seams.push({ at, seam: { kind: "missing", bytes: verdict.missing, undrawn }, dropped: 0 });
          } else if (verdict.kind === "ambiguous" && verdict.policy === "repeat") {
            seams.push({ at, seam: { kind: "reset" }, dropped: 0 });
          }
          break;
        }
        case "dropped": {
          if (event.stream !== "stdout") break;
          const { bytes } = event;
          // Told in bytes that were read: verdicts count those that were dropped, too.
          const at = event.position + dropped;
          seams.push({ at, seam: { kind: "missing", bytes, undrawn: true }, dropped: bytes });
          dropped += bytes;
          break;
        }
      }
    },
    output(bytes) {
      let rest = bytes;
      for (let next = seams[0]; next !== undefined && next.at < position + rest.length; next = seams[0]) {
        seams.shift();
        // A verdict that settles late is of a place that was shown already: it is said here.
        const before = Math.max(0, next.at - position);
        emitBytes(rest.subarray(0, before));
        rest = rest.subarray(before);
        emitSeam(next.seam);
        position += next.dropped;
      }
      emitBytes(rest);
    },
    end() {
      clearTimeout(quiet);
      for (const { seam } of seams.splice(0)) emit(seam);
    },
  };
}
