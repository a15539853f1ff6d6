import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchForStall } from "../../src/rest/stall.ts";

const LIMIT = 1_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const stalled = vi.fn();
  return { stalled, watch: watchForStall(LIMIT, stalled) };
}

test("what is waited for and does not come has stalled, once, after one to two limits", () => {
  const { stalled, watch } = watched();
  watch.waiting();
  vi.advanceTimersByTime(LIMIT);
  expect(stalled).not.toHaveBeenCalled();
  vi.advanceTimersByTime(LIMIT);
  expect(stalled).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("what comes each time has not, however long all of it takes", () => {
  const { stalled, watch } = watched();
  for (let time = 0; time < 100; time += 1) {
    watch.waiting();
    vi.advanceTimersByTime(LIMIT);
  }
  expect(stalled).not.toHaveBeenCalled();
  watch.end();
  expect(vi.getTimerCount()).toBe(0);
});

test("a rest may last as long as it likes, and needs no timer", () => {
  const { stalled, watch } = watched();
  watch.waiting();
  watch.resting();
  vi.advanceTimersByTime(100 * LIMIT);
  expect(stalled).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
  watch.waiting();
  vi.advanceTimersByTime(2 * LIMIT);
  expect(stalled).toHaveBeenCalledTimes(1);
});
