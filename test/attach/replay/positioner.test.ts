import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPositioner } from "../../../src/attach/replay/positioner.ts";
import { bytes, CAPACITY, counted, live, recorder } from "./recorder.ts";

describe("by content", () => {
  test("a first attach delivers everything at once", () => {
    const { sink, said, text } = recorder();
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    positioner.attached(false, sink);
    positioner.push(bytes("hello"), sink);
    expect(text()).toBe("hello");
    expect(said).toEqual([]);
  });

  test("what was delivered is skipped, in whatever pieces it comes; what is new comes at once", () => {
    const written = counted(6_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 128, max: 6_000 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }),
        (cut, sizes) => {
          const { sink, said, text } = recorder();
          const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
          positioner.attached(false, sink);
          live(positioner, written.slice(0, cut), sink);
          positioner.attached(false, sink);
          for (let at = 0, piece = 0; at < written.length; piece += 1) {
            const size = sizes[piece % sizes.length] ?? 1;
            positioner.push(bytes(written.slice(at, at + size)), sink);
            at += size;
            expect(text()).toBe(written.slice(0, Math.max(cut, at)));
          }
          expect(said).toEqual([`provisional at ${cut}`, `exact content at ${cut}`]);
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 200) },
    );
  });

  test("small periodic output is not repeated: the replay is taken to begin at byte 0", () => {
    const { sink, said, text } = recorder();
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    positioner.attached(false, sink);
    positioner.push(bytes("y\n".repeat(50)), sink);
    positioner.attached(false, sink);
    positioner.push(bytes("y\n".repeat(80)), sink);
    expect(text()).toBe("y\n".repeat(80));
    positioner.end(sink);
    expect(said).toEqual(["provisional at 100", "exact total at 100"]);
  });

  test("a replay that was trimmed is joined where it overlaps", () => {
    const written = counted(30_000);
    for (const [cut, end] of [
      [20_000, 25_000],
      [20_000, 20_000],
      [9_000, 17_000],
      [5_000, 12_000],
    ] as const) {
      const { sink, said, text } = recorder();
      const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
      positioner.attached(false, sink);
      live(positioner, written.slice(0, cut), sink);
      positioner.attached(false, sink);
      for (let at = end - CAPACITY; at < end; at += 1_000) {
        positioner.push(bytes(written.slice(at, Math.min(end, at + 1_000))), sink);
      }
      positioner.push(bytes(written.slice(end, end + 500)), sink);
      expect(text()).toBe(written.slice(0, end + 500));
      expect(said).toEqual([`exact content at ${cut}`]);
    }
  });

  test("a replay that begins after what was delivered is a gap, said at its place", () => {
    const written = counted(60_000);
    const { sink, said, text } = recorder();
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    positioner.attached(false, sink);
    live(positioner, written.slice(0, 10_000), sink);
    positioner.attached(false, sink);
    positioner.push(bytes(written.slice(40_000, 48_192)), sink);
    expect(said).toEqual(["gap 0 at 10000"]);
    expect(text()).toBe(written.slice(0, 10_000) + written.slice(40_000, 48_192));
  });

  test("long periodic output is ambiguous: said, and repeated rather than lost", () => {
    const { sink, said, text } = recorder();
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    positioner.attached(false, sink);
    live(positioner, "y\n".repeat(10_000), sink);
    positioner.attached(false, sink);
    positioner.push(bytes("y\n".repeat(CAPACITY / 2)), sink);
    positioner.settle(sink);
    expect(said).toEqual(["ambiguous repeat at 20000"]);
    expect(text().length).toBeGreaterThan(20_000 + CAPACITY - 100);
  });
});

describe("by length", () => {
  test("a first frame that is a whole backlog, and not full, begins at byte 0: a difference proves an earlier loss", () => {
    const written = counted(7_000);
    const { sink, said, text } = recorder();
    const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
    positioner.attached(false, sink);
    // 500 bytes were dropped by the server, silently.
    positioner.push(bytes(written.slice(0, 2_000) + written.slice(2_500, 4_000)), sink);
    positioner.attached(false, sink);
    positioner.push(bytes(written), sink);
    expect(said).toEqual(["gap 500 at 2000"]);
    expect(text()).toBe(written.slice(0, 2_000) + written.slice(2_500));
  });
});

test("bytes that are held when the connection is cut again come with the next replay, once", () => {
  const written = counted(30_000);
  const { sink, said, text } = recorder();
  const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
  positioner.attached(false, sink);
  live(positioner, written.slice(0, 20_000), sink);
  positioner.attached(false, sink);
  positioner.push(bytes(written.slice(13_000, 13_020)), sink);
  expect(positioner.holding).toBe(true);
  positioner.attached(false, sink);
  positioner.push(bytes(written.slice(14_000, 22_192)), sink);
  expect(positioner.holding).toBe(false);
  expect(text()).toBe(written.slice(0, 22_192));
  expect(said).toEqual(["exact content at 20000"]);
});

test("what is held is delivered when no more comes", () => {
  const { sink, said, text } = recorder();
  const positioner = createPositioner({ policy: "repeat", capacity: CAPACITY });
  positioner.attached(false, sink);
  live(positioner, counted(10_000), sink);
  positioner.attached(false, sink);
  positioner.push(bytes("short"), sink);
  expect(positioner.holding).toBe(true);
  positioner.settle(sink);
  expect(said).toEqual(["gap 0 at 10000"]);
  expect(text()).toBe(`${counted(10_000)}short`);
});
