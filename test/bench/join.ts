import { createPositioner, type PositionerSink } from "../../src/attach/replay/positioner.ts";

/** How long it takes to find where a full replay joins what was delivered: the positioner alone, without sockets. */

const KIB = 1_024;

/** What the servers keep, and two smaller backlogs, to see how the time grows. */
const SIZES = [64 * KIB, 128 * KIB, 256 * KIB] as const;

/** The guest's reads: what `serve` replays one by one. */
const CHUNK = 1_024;

export const CONTENTS = ["counters", "yes", "zeros", "Fibonacci", "random"] as const;
export const SITUATIONS = ["fits at byte 0", "trimmed, overlaps", "gap"] as const;
export const FRAMINGS = ["runner", "serve"] as const;

export type Content = (typeof CONTENTS)[number];
export type Situation = (typeof SITUATIONS)[number];
export type Framing = (typeof FRAMINGS)[number];

export interface JoinTimes {
  readonly content: Content;
  readonly situation: Situation;
  readonly framing: Framing;
  /** Median milliseconds of processor time per join, for a backlog of 64, 128 and 256 KiB. */
  readonly medians: readonly number[];
}

/** @param rounds Joins of each kind; one round of each before is not counted. */
export function measureJoins(rounds: number): JoinTimes[] {
  return CONTENTS.flatMap((content) =>
    SITUATIONS.flatMap((situation) =>
      FRAMINGS.map((framing) => ({
        content,
        situation,
        framing,
        medians: SIZES.map((capacity) => medianOf(rounds, prepare(content, situation, framing, capacity))),
      })),
    ),
  );
}

interface Join {
  readonly capacity: number;
  readonly delivered: Uint8Array;
  readonly replay: readonly Uint8Array[];
}

function prepare(content: Content, situation: Situation, framing: Framing, capacity: number): Join {
  const written = contentOf(content, situation === "fits at byte 0" ? capacity - 1 : 4 * capacity);
  const replayed = written.subarray(Math.max(0, written.length - capacity));
  // Nearly all of the replay was delivered before; or everything that is kept came before it.
  const position = situation === "gap" ? 2 * capacity : written.length - 2_000;
  const replay: Uint8Array[] = [];
  const step = framing === "runner" ? replayed.length : CHUNK;
  for (let at = 0; at < replayed.length; at += step) replay.push(replayed.slice(at, at + step));
  return { capacity, delivered: written.slice(0, position), replay };
}

function medianOf(rounds: number, join: Join): number {
  const times = Array.from({ length: rounds + 1 }, () => timeOf(join)).slice(1);
  times.sort((a, b) => a - b);
  return times[rounds >> 1] ?? Number.NaN;
}

function timeOf({ capacity, delivered, replay }: Join): number {
  let count = 0;
  const sink: PositionerSink = {
    fresh: (bytes) => {
      count += bytes.length;
    },
    verdict: () => {},
  };
  const positioner = createPositioner({ policy: "repeat", capacity });
  positioner.attached(false, sink);
  for (let at = 0; at < delivered.length; at += CHUNK)
    positioner.push(delivered.subarray(at, at + CHUNK), sink);
  // Processor time: it does not count what else the machine does.
  const started = process.cpuUsage();
  positioner.attached(false, sink);
  for (const frame of replay) positioner.push(frame, sink);
  positioner.settle(sink);
  const { user, system } = process.cpuUsage(started);
  if (count <= delivered.length) throw new Error("the replay brought nothing new");
  return (user + system) / 1_000;
}

function contentOf(content: Content, length: number): Uint8Array {
  switch (content) {
    case "counters": {
      const lines = Array.from({ length: Math.ceil(length / 6) }, (_, number) => number + 10_000);
      return new TextEncoder().encode(lines.join("\n")).subarray(0, length);
    }
    case "yes":
      return Uint8Array.from({ length }, (_, at) => (at % 2 === 0 ? 0x79 : 0x0a));
    case "zeros":
      return new Uint8Array(length);
    case "Fibonacci": {
      // The worst case of border tables: it nearly repeats itself everywhere, and never does.
      let [shorter, longer] = ["a", "ab"];
      while (longer.length < length) [shorter, longer] = [longer, longer + shorter];
      return new TextEncoder().encode(longer.slice(0, length));
    }
    case "random": {
      let state = 1;
      return Uint8Array.from({ length }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 24;
      });
    }
  }
}
