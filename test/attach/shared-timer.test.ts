import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSharedTimer } from "../../src/attach/shared-timer.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a thousand waits are one timer, which is there only while something waits", () => {
  const after = createSharedTimer(() => Date.now());
  expect(vi.getTimerCount()).toBe(0);
  const cancels = Array.from({ length: 1_000 }, (_, at) => after(20_000 + at, () => {}));
  expect(vi.getTimerCount()).toBe(1);
  for (const cancel of cancels) cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test("each is called back once, not before its time, and at most half a second after it", () => {
  const start = Date.now();
  const after = createSharedTimer(() => Date.now());
  const calls: [delay: number, at: number][] = [];
  for (const delay of [5_000, 5_001, 7_300, 20_000]) {
    after(delay, () => calls.push([delay, Date.now() - start]));
    vi.advanceTimersByTime(130);
  }
  vi.advanceTimersByTime(60_000);
  expect(calls.map(([delay]) => delay)).toEqual([5_000, 5_001, 7_300, 20_000]);
  for (const [index, [delay, at]] of calls.entries()) {
    expect(at - index * 130).toBeGreaterThanOrEqual(delay);
    expect(at - index * 130).toBeLessThanOrEqual(delay + 500);
  }
  expect(vi.getTimerCount()).toBe(0);
});

test("what is cancelled is not called back, although another that is due with it cancels it", () => {
  const after = createSharedTimer(() => Date.now());
  const called: string[] = [];
  const cancels = [
    after(5_000, () => {
      called.push("first");
      cancels[1]?.();
      after(5_000, () => called.push("later"));
    }),
    after(5_000, () => called.push("second")),
    after(5_000, () => called.push("third")),
  ];
  vi.advanceTimersByTime(5_500);
  expect(called).toEqual(["first", "third"]);
  cancels[0]?.();
  vi.advanceTimersByTime(60_000);
  expect(called).toEqual(["first", "third", "later"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("one that never comes to an end holds up no other", () => {
  const after = createSharedTimer(() => Date.now());
  const called: string[] = [];
  const cancel = after(Number.POSITIVE_INFINITY, () => called.push("never"));
  after(6_000, () => called.push("soon"));
  vi.advanceTimersByTime(100_000);
  expect(called).toEqual(["soon"]);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test("a timer that was taken away with a false clock is replaced by the next wait", () => {
  let now = 0;
  const after = createSharedTimer(() => now);
  const called: string[] = [];
  after(5_000, () => called.push("first"));
  // What it has begun is gone, and nobody told it.
  vi.clearAllTimers();
  now = 20_000;
  after(5_000, () => called.push("second"));
  now = 30_000;
  vi.advanceTimersByTime(500);
  expect(called).toEqual(["first", "second"]);
  expect(vi.getTimerCount()).toBe(0);
});
