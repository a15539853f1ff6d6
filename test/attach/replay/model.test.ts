import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPositioner } from "../../../src/attach/replay/positioner.ts";
import type { Verdict } from "../../../src/attach/replay/verdict.ts";
import { concat, createServerStream, type Dialect } from "../../simulation/server-stream.ts";

/** The positioner against a model of both servers' streams: whatever it does not flag is what the process wrote. */

const CAPACITY = 16_384;
/** The same programs each time; `RUNS=200000 MODEL_SEED=…` looks further. */
const SEED = Number(process.env.MODEL_SEED ?? 20_261_123);

type Step =
  | { readonly kind: "write"; readonly bytes: Uint8Array }
  | { readonly kind: "deliver"; readonly frames: number }
  /** A gateway drops them, and says so. */
  | { readonly kind: "drop"; readonly frames: number }
  | { readonly kind: "cut" }
  /** Nothing was heard for a while, wherever in a replay that is. */
  | { readonly kind: "quiet" };

interface Outcome {
  readonly delivered: Uint8Array;
  readonly written: Uint8Array;
  readonly verdicts: readonly { readonly verdict: Verdict; readonly position: number }[];
  readonly proved: boolean;
  /** A backlog was full before the client had got a byte: serve does not tell, and nothing can. */
  readonly lateStart: boolean;
}

/** @param drained How many frames the last connection brings; all, and the exit frame behind them, or else it is cut for good. */
function play(dialect: Dialect, steps: readonly Step[], drained: number = Number.POSITIVE_INFINITY): Outcome {
  const server = createServerStream(dialect, CAPACITY, Number.POSITIVE_INFINITY);
  const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
  const chunks: Uint8Array[] = [];
  const verdicts: { verdict: Verdict; position: number }[] = [];
  const sink = {
    fresh: (bytes: Uint8Array) => chunks.push(bytes),
    verdict: (verdict: Verdict, position: number) => verdicts.push({ verdict, position }),
  };
  const deliver = (frames: number) => {
    for (let frame = 0; frame < frames; frame += 1) {
      const bytes = server.take();
      if (bytes === undefined) return;
      positioner.push(bytes, sink);
    }
  };
  const drop = (frames: number) => {
    let bytes = 0;
    for (let frame = 0; frame < frames; frame += 1) bytes += server.take()?.length ?? 0;
    if (bytes > 0) positioner.missed(bytes, sink);
  };
  server.attach();
  positioner.attached(false, sink);
  const isLate = () => positioner.position === 0 && server.written.length > CAPACITY - 4_096;
  let lateStart = false;
  for (const step of steps) {
    if (step.kind === "write") server.write(step.bytes);
    else if (step.kind === "deliver") deliver(step.frames);
    else if (step.kind === "drop") drop(step.frames);
    else if (step.kind === "quiet") positioner.settle(sink);
    else {
      server.cut();
      server.attach();
      positioner.attached(false, sink);
      lateStart ||= isLate();
    }
  }
  // The process has ended; its output is drained.
  server.cut();
  server.attach();
  positioner.attached(true, sink);
  const cutShort = Number.isFinite(drained);
  // The length of a whole drain tells.
  lateStart ||= cutShort && isLate();
  deliver(drained);
  if (cutShort) positioner.abandon(sink);
  else positioner.end(sink);
  return {
    delivered: concat(chunks),
    written: server.written,
    verdicts,
    proved: positioner.proved,
    lateStart,
  };
}

/** What processes write. */
type Content =
  | { readonly kind: "counted"; readonly from: number }
  | { readonly kind: "scattered"; readonly from: number }
  | { readonly kind: "block"; readonly block: string }
  | { readonly kind: "ticks"; readonly every: number };

const contents: fc.Arbitrary<Content> = fc.oneof(
  fc.record({ kind: fc.constant("counted" as const), from: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant("scattered" as const), from: fc.nat(1_000_000) }),
  fc.record({
    kind: fc.constant("block" as const),
    block: fc.oneof(fc.constantFrom("y\n", "\0"), fc.string({ minLength: 1, maxLength: 200 })),
  }),
  fc.record({ kind: fc.constant("ticks" as const), every: fc.integer({ min: 1, max: 500 }) }),
);

function lineOf(content: Content, number: number): string {
  switch (content.kind) {
    case "counted":
      return `${content.from + number} of it\n`;
    case "scattered":
      return `${(content.from + number * 7_919) % 1_000_003}\n`;
    case "block":
      return content.block;
    case "ticks":
      return number % content.every === 0 ? `tick ${number}\n` : "heartbeat ok\n";
  }
}

function createSource(content: Content): (length: number) => Uint8Array {
  let text = "";
  let number = 0;
  return (length) => {
    for (; text.length < length; number += 1) text += lineOf(content, number);
    const taken = text.slice(0, length);
    text = text.slice(length);
    return new TextEncoder().encode(taken);
  };
}

const moves = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("write" as const),
        length: fc.oneof(fc.nat(40), fc.nat(3_000), fc.nat(30_000)),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("deliver" as const),
        frames: fc.oneof(fc.nat(3), fc.nat(60)),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: "cut" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "quiet" as const }) },
  ),
  { maxLength: 25 },
);

/** The same, through a gateway that finds the client slow now and then. */
const slowMoves = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: moves },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({ kind: fc.constant("drop" as const), frames: fc.integer({ min: 1, max: 30 }) }),
        {
          maxLength: 1,
        },
      ),
    },
  ),
  { maxLength: 6 },
);

type Move = Exclude<Step, { kind: "write" }> | { readonly kind: "write"; readonly length: number };

const programs = fc.record({
  dialect: fc.constantFrom<Dialect>("runner", "serve"),
  content: contents,
  moves,
});

function stepsOf(content: Content, program: readonly Move[]): Step[] {
  const take = createSource(content);
  return program.map((move) => (move.kind === "write" ? { kind: "write", bytes: take(move.length) } : move));
}

function flagged(outcome: Pick<Outcome, "verdicts">): number[] {
  return outcome.verdicts
    .filter(({ verdict }) => verdict.kind === "gap" || verdict.kind === "ambiguous")
    .map(({ position }) => position);
}

/** Of what was delivered, whatever is between two flagged places is a piece of what was written. */
function expectPieces({ delivered, written, verdicts }: Outcome): void {
  const flags = flagged({ verdicts });
  const places = [...new Set([0, ...flags, delivered.length])].sort((a, b) => a - b);
  for (let piece = 1; piece < places.length; piece += 1) {
    const bytes = delivered.subarray(places[piece - 1], places[piece]);
    const label = `bytes ${places[piece - 1]} to ${places[piece]}`;
    expect(Buffer.from(written).includes(Buffer.from(bytes)), label).toBe(true);
  }
  if (!flags.includes(0)) {
    const sound = delivered.subarray(0, places[1]);
    expect(Buffer.compare(written.subarray(0, sound.length), sound)).toBe(0);
  }
}

describe("a client that keeps up", () => {
  test("what is not flagged is what the process wrote; what is, is flagged at the right byte", () => {
    fc.assert(
      fc.property(programs, ({ dialect, content, moves: program }) => {
        const outcome = play(dialect, stepsOf(content, program));
        fc.pre(dialect === "runner" || !outcome.lateStart);
        expectPieces(outcome);
        if (flagged(outcome).length === 0) {
          expect(Buffer.compare(outcome.delivered, outcome.written)).toBe(0);
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 3_000), seed: SEED },
    );
  }, 60_000);

  test("the same where the last replay is cut short, and nothing follows", () => {
    fc.assert(
      fc.property(programs, fc.nat(40), ({ dialect, content, moves: program }, drained) => {
        const outcome = play(dialect, stepsOf(content, program), drained);
        fc.pre(dialect === "runner" || !outcome.lateStart);
        expectPieces(outcome);
      }),
      { numRuns: Number(process.env.RUNS ?? 3_000), seed: SEED },
    );
  }, 60_000);

  test("output that fits into a backlog is never flagged, and proved in the end", () => {
    fc.assert(
      fc.property(programs, ({ dialect, content, moves: program }) => {
        const outcome = play(dialect, stepsOf(content, program));
        fc.pre(outcome.written.length < CAPACITY - 4_096);
        expect(Buffer.compare(outcome.delivered, outcome.written)).toBe(0);
        expect(flagged(outcome)).toEqual([]);
        expect(outcome.verdicts.at(-1)?.verdict.kind ?? "exact").toBe("exact");
        expect(outcome.proved).toBe(true);
      }),
      { numRuns: Number(process.env.RUNS ?? 1_500), seed: SEED },
    );
  }, 60_000);
});

describe("a client behind a gateway that drops what is too much for it", () => {
  test("what is not flagged is what the process wrote, and nothing that is missing is unflagged", () => {
    const slow = fc.record({
      dialect: fc.constantFrom<Dialect>("runner", "serve"),
      content: contents,
      moves: slowMoves,
    });
    fc.assert(
      fc.property(slow, ({ dialect, content, moves: programs }) => {
        const outcome = play(dialect, stepsOf(content, programs.flat()));
        fc.pre(dialect === "runner" || !outcome.lateStart);
        expectPieces(outcome);
        if (flagged(outcome).length > 0) return;
        expect(Buffer.compare(outcome.delivered, outcome.written)).toBe(0);
      }),
      { numRuns: Number(process.env.RUNS ?? 3_000), seed: SEED },
    );
  }, 60_000);
});

describe("a client that stalls, and loses what the server drops", () => {
  test("a whole backlog shows the loss, at its place, and brings what was lost; nothing comes twice", () => {
    const written = createSource({ kind: "counted", from: 0 })(9_000);
    const server = createServerStream("runner", CAPACITY, 2);
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    const chunks: Uint8Array[] = [];
    const said: string[] = [];
    const sink = {
      fresh: (bytes: Uint8Array) => chunks.push(bytes),
      verdict: (verdict: Verdict, position: number) => said.push(`${JSON.stringify(verdict)} at ${position}`),
    };
    const deliver = () => {
      for (let frame = server.take(); frame !== undefined; frame = server.take())
        positioner.push(frame, sink);
    };
    server.attach();
    positioner.attached(false, sink);
    // Two chunks arrive, three are dropped, two arrive.
    server.write(written.slice(0, 5 * 1_024));
    deliver();
    server.write(written.slice(5 * 1_024, 7 * 1_024));
    deliver();
    server.cut();
    server.write(written.slice(7 * 1_024));
    server.attach();
    positioner.attached(true, sink);
    deliver();
    positioner.end(sink);
    expect(said).toEqual(['{"kind":"gap","missing":3072} at 2048']);
    expect(Buffer.compare(concat(chunks), concat([written.slice(0, 2_048), written.slice(5_120)]))).toBe(0);
    expect(positioner.proved).toBe(false);
  });
});
