import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ExecutionEvent } from "../../src/attach/events.ts";
import type { Verdict } from "../../src/attach/replay/verdict.ts";
import { createTimeline } from "../../src/xterm/timeline.ts";

const BACKLOG = 262_144;

function create(taken: boolean) {
  const log: string[] = [];
  const timeline = createTimeline(taken, (segment) => {
    if (segment.kind === "bytes")
      log.push(`${segment.replay ? "old" : "new"} ${new TextDecoder().decode(segment.bytes)}`);
    else log.push(segment.kind === "reset" ? "reset" : `missing ${segment.bytes} ${segment.undrawn}`);
  });
  return {
    log,
    event: timeline.event,
    end: timeline.end,
    says: (position: number, verdict: Verdict, stream: "stdout" | "stderr" = "stdout") =>
      timeline.event({ type: "verdict", stream, position, verdict }),
    output: (text: string) => timeline.output(new TextEncoder().encode(text)),
    fill: (length: number) => {
      timeline.output(new Uint8Array(length));
      log.pop();
    },
  };
}

const CONNECTED: ExecutionEvent = { type: "connected", attach: 1, purpose: "follow" };
const CUT: ExecutionEvent = {
  type: "disconnected",
  cause: { kind: "closed", code: 1006, message: "" },
  deadline: null,
};
const REPEAT: Verdict = { kind: "ambiguous", policy: "repeat" };
const gap = (missing: number): Verdict => ({ kind: "gap", missing });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a replay", () => {
  test("there is none in what was started here", () => {
    const { log, event, output } = create(false);
    event(CONNECTED);
    output("a");
    expect(log).toEqual(["new a"]);
  });

  test("none follows what a gateway has dropped: it was too fast for the page", () => {
    const { log, says, output } = create(false);
    output("a");
    says(1, { kind: "gap", missing: 70_000, by: "gateway" });
    output("b");
    expect(log).toEqual(["new a", "missing 70000 true", "new b"]);
  });

  test("ends with a pause, which begins with output", () => {
    const { log, event, output } = create(true);
    event(CONNECTED);
    // A whole backlog in one message takes its time on a slow line.
    vi.advanceTimersByTime(60_000);
    output("a");
    vi.advanceTimersByTime(249);
    output("b");
    vi.advanceTimersByTime(249);
    output("c");
    vi.advanceTimersByTime(250);
    output("d");
    expect(log).toEqual(["old a", "old b", "old c", "new d"]);
  });

  test("ends after a whole backlog", () => {
    const { log, event, output, fill } = create(true);
    event(CONNECTED);
    fill(BACKLOG - 1);
    output("a");
    output("b");
    expect(log).toEqual(["old a", "new b"]);
  });

  test("does not end while there is no connection, and the next one brings a whole one", () => {
    const { log, event, output, fill } = create(true);
    event(CONNECTED);
    fill(BACKLOG - 1);
    event(CUT);
    vi.advanceTimersByTime(10_000);
    event(CONNECTED);
    output("ab");
    output("c");
    expect(log).toEqual(["old ab", "old c"]);
  });

  test("that is over stays over", () => {
    const { log, event, output } = create(true);
    event(CONNECTED);
    output("a");
    vi.advanceTimersByTime(250);
    event(CUT);
    event(CONNECTED);
    output("b");
    expect(log).toEqual(["old a", "new b"]);
  });

  test("follows a gap and a repetition, from their place on", () => {
    const { log, says, output } = create(false);
    output("ab");
    says(3, gap(10));
    output("cde");
    vi.advanceTimersByTime(250);
    says(6, REPEAT);
    output("fg");
    expect(log).toEqual(["new ab", "new c", "missing 10 false", "old de", "new f", "reset", "old g"]);
  });
});

describe("a seam", () => {
  test("of a place that was shown already is said at once", () => {
    const { log, says, output } = create(false);
    output("abc");
    says(1, gap(5));
    output("d");
    expect(log).toEqual(["new abc", "missing 5 false", "old d"]);
  });

  test("that nothing follows is said at the end", () => {
    const { log, says, output, end } = create(false);
    output("abc");
    says(3, gap(0));
    expect(log).toEqual(["new abc"]);
    end();
    expect(log).toEqual(["new abc", "missing 0 false"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is none of a proved place, of one that was skipped, or of stderr", () => {
    const { log, says, output, end } = create(false);
    says(0, { kind: "exact", proof: "length" });
    says(0, { kind: "provisional" });
    says(0, { kind: "ambiguous", policy: "skip" });
    says(0, gap(1), "stderr");
    output("a");
    end();
    expect(log).toEqual(["new a"]);
  });

  test("counts what the stream dropped", () => {
    const { log, event, says, output } = create(false);
    output("ab");
    event({ type: "dropped", stream: "stdout", position: 2, bytes: 10 });
    event({ type: "dropped", stream: "stderr", position: 2, bytes: 99 });
    says(13, gap(0));
    output("cd");
    expect(log).toEqual(["new ab", "missing 10 true", "new c", "missing 0 false", "old d"]);
  });
});
