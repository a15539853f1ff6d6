import { describe, expect, test } from "vitest";
import { createPositioner, type Standpoint } from "../../../src/attach/replay/positioner.ts";
import type { Verdict } from "../../../src/attach/replay/verdict.ts";
import { createRandom } from "../../chaos/random.ts";

/** A positioner that goes on from where another one was, as in a tab that takes over. */

const CAPACITY = 16 * 1024;
const random = createRandom(7);
const written = Uint8Array.from({ length: 3 * CAPACITY }, () => random.between(0, 255));

function setting(from: Standpoint) {
  const said: [Verdict["kind"], number][] = [];
  let got = new Uint8Array(0);
  const sink = {
    fresh: (bytes: Uint8Array) => {
      got = Uint8Array.of(...got, ...bytes);
    },
    verdict: (verdict: Verdict, position: number) => said.push([verdict.kind, position]),
  };
  const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
  positioner.resume(from);
  return { positioner, sink, said, got: () => got };
}

const at = (position: number, rest: Partial<Standpoint> = {}): Standpoint => ({
  position,
  tail: written.slice(Math.max(0, position - CAPACITY), position),
  whole: true,
  open: [],
  ...rest,
});

describe("what was delivered elsewhere is not delivered again", () => {
  test.each([0, 1, 63, 64, 1000, CAPACITY, CAPACITY + 1, 2 * CAPACITY])("from byte %i on", (position) => {
    const { positioner, sink, said, got } = setting(at(position));
    positioner.attached(false, sink);
    const end = position + 3000;
    // One whole backlog, as the runner replays.
    positioner.push(written.slice(Math.max(0, end - CAPACITY), end), sink);
    positioner.push(written.slice(end, end + 500), sink);
    expect(Buffer.from(got()).equals(written.subarray(position, end + 500))).toBe(true);
    expect(said.filter(([kind]) => kind === "gap" || kind === "ambiguous")).toEqual([]);
    expect(positioner.position).toBe(end + 500);
  });
});

test("a backlog that has moved on is a gap, at that byte", () => {
  const { positioner, sink, said, got } = setting(at(1000));
  positioner.attached(false, sink);
  positioner.push(written.slice(2 * CAPACITY, 3 * CAPACITY), sink);
  expect(said).toEqual([["gap", 1000]]);
  expect(got().length).toBe(CAPACITY);
});

describe("places that were left open", () => {
  test("settle with the next one, when the replay is whole", () => {
    const { positioner, sink, said } = setting(at(100, { open: [40, 70] }));
    positioner.attached(false, sink);
    positioner.push(written.slice(0, 200), sink);
    expect(said).toEqual([["provisional", 100]]);
    positioner.end(sink);
    expect(said.slice(1)).toEqual([
      ["exact", 40],
      ["exact", 70],
      ["exact", 100],
    ]);
  });

  test("are in doubt when the replay differs, and when there is none", () => {
    const { positioner, sink, said } = setting(at(100, { open: [40] }));
    positioner.attached(false, sink);
    positioner.push(written.slice(5000, 12_000), sink);
    expect(said[0]).toEqual(["ambiguous", 40]);
    const other = setting(at(100, { open: [40] }));
    other.positioner.abandon(other.sink);
    expect(other.said).toEqual([["ambiguous", 40]]);
  });
});

describe("a place that was left open goes by content when no length proves it", () => {
  const open = [100];
  const behind = (standpoint: Standpoint) => {
    const { positioner, sink, said } = setting(standpoint);
    positioner.abandon(sink);
    return said;
  };

  test("which proves it where all that was delivered is known", () => {
    expect(behind(at(300, { open }))).toEqual([["exact", 100]]);
  });

  test.each<[string, Standpoint]>([
    ["something is known to be missing", at(300, { open, whole: false })],
    ["not all of it is kept", at(CAPACITY + 1, { open })],
    ["too little came before", at(300, { open: [63] })],
    ["what came before repeats itself", { ...at(300, { open }), tail: new Uint8Array(300) }],
    [
      "it came again behind",
      { ...at(300, { open }), tail: Uint8Array.of(...written.slice(0, 150), ...written.slice(0, 150)) },
    ],
  ])("which does not prove it where %s", (_, standpoint) => {
    const [position] = standpoint.open;
    expect(behind(standpoint)).toEqual([["ambiguous", position]]);
  });
});

test("what is known to lack something is never proved whole", () => {
  const { positioner, sink } = setting(at(100, { whole: false }));
  positioner.attached(true, sink);
  positioner.push(written.slice(0, 200), sink);
  positioner.end(sink);
  expect(positioner.proved).toBe(false);
  const whole = setting(at(100));
  whole.positioner.attached(true, whole.sink);
  whole.positioner.push(written.slice(0, 200), whole.sink);
  whole.positioner.end(whole.sink);
  expect(whole.positioner.proved).toBe(true);
});
