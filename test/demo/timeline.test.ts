import type { ExecutionEvent } from "boxlite-web";
import { describe, expect, test } from "vitest";
import { countdown } from "../../demo/page/network/countdown.ts";
import { CONNECTING, type Timeline, withEvent } from "../../demo/page/network/timeline.ts";

const connected: ExecutionEvent = { type: "connected", attach: 1, purpose: "follow" };
const disconnected: ExecutionEvent = {
  type: "disconnected",
  cause: { kind: "closed", code: 1006, message: "" },
  deadline: 301_000,
};
const reconnecting: ExecutionEvent = {
  type: "reconnecting",
  attempt: 1,
  delay: 100,
  budget: 240_000,
  purpose: "follow",
  obstacle: "cut",
  deadline: 301_000,
};
const exit: ExecutionEvent = {
  type: "exit",
  exit: {
    outcome: "exited",
    exitCode: 0,
    signal: null,
    message: null,
    source: "exit-frame",
    complete: true,
    delivered: { stdout: { bytes: 0, proved: false }, stderr: { bytes: 0, proved: false } },
  },
};

function timelineOf(...events: readonly (readonly [number, ExecutionEvent])[]): Timeline {
  return events.reduce((timeline, [at, event]) => withEvent(timeline, event, at), CONNECTING);
}

describe("the timeline", () => {
  test("has every event with its time, and the state that they led to", () => {
    const timeline = timelineOf([10, connected], [500, disconnected], [501, reconnecting]);
    expect(timeline.entries.map(({ index, at, kind }) => [index, at, kind])).toEqual([
      [0, 10, "good"],
      [1, 500, "bad"],
      [2, 501, "warn"],
    ]);
    expect(timeline.state).toEqual({ kind: "warn", text: "reconnecting in 100 ms, attempt 1", link: "down" });
    expect(timeline.losses).toBe(1);
  });

  test("has the times up and down one behind the other, and ends them with the execution", () => {
    const timeline = timelineOf(
      [10, connected],
      [500, disconnected],
      [501, reconnecting],
      [700, connected],
      [900, exit],
    );
    expect(timeline.spans).toEqual([
      { link: "up", from: 10, to: 500 },
      { link: "down", from: 500, to: 700 },
      { link: "up", from: 700, to: 900 },
    ]);
    expect(timelineOf([10, connected]).spans).toEqual([{ link: "up", from: 10, to: undefined }]);
  });

  test("keeps the latest, and their numbers", () => {
    let timeline = CONNECTING;
    for (let at = 0; at < 2000; at += 1)
      timeline = withEvent(timeline, at % 2 === 0 ? connected : disconnected, at);
    expect(timeline.entries).toHaveLength(500);
    expect(timeline.entries.at(-1)?.index).toBe(1999);
    expect(timeline.spans).toHaveLength(200);
    expect(timeline.losses).toBe(1000);
  });

  test("a verdict is coloured by what it says", () => {
    const verdict = (kind: "gap" | "exact"): ExecutionEvent => ({
      type: "verdict",
      stream: "stdout",
      position: 5,
      verdict: kind === "gap" ? { kind, missing: 1 } : { kind, proof: "length" },
    });
    const { entries } = timelineOf([1, verdict("gap")], [2, verdict("exact")]);
    expect(entries.map(({ kind }) => kind)).toEqual(["bad", "good"]);
  });
});

describe("the deadline of an orphaned process", () => {
  test("is what the events say, however often an attach has failed since", () => {
    expect(timelineOf([10, connected]).deadline).toBeNull();
    const lost = timelineOf(
      [10, connected],
      [1000, disconnected],
      [1001, reconnecting],
      [9000, disconnected],
    );
    expect(lost.deadline).toBe(301_000);
  });

  test("is none when the connection is back, or the execution has ended", () => {
    expect(timelineOf([1, connected], [2, disconnected], [3, connected]).deadline).toBeNull();
    expect(timelineOf([1, connected], [2, disconnected], [3, exit]).deadline).toBeNull();
  });

  test.each([
    [300_000, "5:00"],
    [299_001, "5:00"],
    [61_000, "1:01"],
    [1, "0:01"],
    [-5, "0:00"],
  ])("%i ms are shown as %s", (milliseconds, text) => {
    expect(countdown(milliseconds)).toBe(text);
  });
});
