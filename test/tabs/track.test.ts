import { expect, test } from "vitest";
import type { Verdict } from "../../src/attach/replay/verdict.ts";
import { createTrack } from "../../src/tabs/track.ts";

const EXACT = { kind: "exact", proof: "length" } as const;
const PROVISIONAL = { kind: "provisional" } as const;
const GAP = { kind: "gap", missing: 0 } as const;

function setting() {
  const said: string[] = [];
  let text = "";
  const track = createTrack({
    fresh(bytes) {
      text += new TextDecoder().decode(bytes);
    },
    verdict: (verdict: Verdict, position) => {
      said.push(`${verdict.kind}${"missing" in verdict ? ` ${verdict.missing}` : ""} at ${position}`);
    },
  });
  const take = (position: number, bytes: string) => track.take(position, new TextEncoder().encode(bytes));
  const mark = (number: number, at: number, position: number, verdict: Verdict) =>
    track.takeMark({ number, at, position, verdict });
  return { track, said, take, mark, text: () => text };
}

test("what is here already is skipped, wherever it begins", () => {
  const { take, text, said } = setting();
  take(0, "abc");
  take(0, "ab");
  take(1, "bcde");
  take(5, "f");
  expect(text()).toBe("abcdef");
  expect(said).toEqual([]);
});

test("what is not here is said to be missing, at that byte, and how much", () => {
  const { take, text, said, track } = setting();
  take(100, "abc");
  take(110, "k");
  expect(text()).toBe("abck");
  expect(said).toEqual(["gap 100 at 0", "gap 7 at 3"]);
  expect(track.whole).toBe(false);
  expect(track.delivered).toBe(4);
  // Verdicts come with the leader's positions.
  track.takeMark({ number: 0, at: 111, position: 110, verdict: EXACT });
  expect(said.at(-1)).toBe("exact at 3");
});

test("a stream that ends further on than what came lacks the rest", () => {
  const { take, said, track } = setting();
  take(0, "abc");
  track.end(5);
  expect(said).toEqual(["gap 2 at 3"]);
});

test("a leader that has less sends the rest again: it is not delivered twice", () => {
  const { take, text, track, said, mark } = setting();
  take(0, "abcdef");
  track.joined(3);
  mark(0, 3, 3, PROVISIONAL);
  take(3, "defgh");
  mark(1, 8, 3, { kind: "ambiguous", policy: "skip" });
  expect(text()).toBe("abcdefgh");
  // Its place is where this tab was, not where the leader was.
  expect(said).toEqual(["provisional at 6", "ambiguous at 6"]);
  expect(track.standpoint()).toMatchObject({ position: 8, whole: false, open: [] });
});

test("a leader that has less, and does not know how it goes on: all is taken, behind a discontinuity", () => {
  const { take, text, track, said, mark } = setting();
  take(0, "abcdef");
  track.joined(3);
  mark(0, 3, 3, GAP);
  take(3, "xyz");
  expect(text()).toBe("abcdefxyz");
  expect(said).toEqual(["gap 0 at 6"]);
  expect(track.log.end).toBe(6);
  mark(1, 6, 6, GAP);
  expect(said.at(-1)).toBe("gap 0 at 9");
});

test("what the next positioner needs: position, tail, doubts, and the places that are open", () => {
  const { track } = setting();
  track.append(Uint8Array.of(1, 2, 3));
  track.judge(3, PROVISIONAL);
  track.append(Uint8Array.of(4));
  expect(track.standpoint()).toEqual({
    position: 4,
    tail: Uint8Array.of(1, 2, 3, 4),
    whole: true,
    open: [3],
  });
  track.judge(3, EXACT);
  expect(track.standpoint()).toMatchObject({ whole: true, open: [] });
  track.judge(4, GAP);
  expect(track.standpoint()).toMatchObject({ whole: false });
});

test("the tail begins behind what a gateway has dropped", () => {
  const { track } = setting();
  track.append(Uint8Array.of(1, 2, 3));
  track.judge(3, { kind: "gap", missing: 300, by: "gateway" });
  track.append(Uint8Array.of(4, 5));
  expect(track.standpoint()).toMatchObject({ position: 5, tail: Uint8Array.of(4, 5), whole: false });
});
