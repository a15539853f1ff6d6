import { expect, test, vi } from "vitest";
import { systemClock } from "../../src/attach/clock.ts";
import { orAborted, orUndone, withDeadline } from "../../src/rest/deadline.ts";

const late = () => new Error("late");
const never = new Promise<never>(() => {});

/** Counts listeners, for none may be left. */
function watchedSignal() {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  vi.spyOn(signal, "addEventListener").mockImplementation((...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  });
  vi.spyOn(signal, "removeEventListener").mockImplementation((...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  });
  return { controller, signal, listeners: () => listeners };
}

test("work that is done in time", async () => {
  const { signal, listeners } = watchedSignal();
  expect(await withDeadline(60_000, signal, late, async () => 1)).toBe(1);
  await expect(withDeadline(60_000, signal, late, () => Promise.reject(new Error("no")))).rejects.toThrow(
    "no",
  );
  expect(listeners()).toBe(0);
});

test("a time that is longer than the platform's timers is long, and not none", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  expect(await withDeadline(1e12, undefined, late, async () => 1)).toBe(1);
  expect(timers.mock.calls.map(([, delay]) => delay)).toEqual([2 ** 31 - 1]);
  systemClock.after(1e12, () => {})();
  expect(timers.mock.calls.at(-1)?.[1]).toBe(2 ** 31 - 1);
  timers.mockRestore();
});

test("work that is late, and told so", async () => {
  const { signal, listeners } = watchedSignal();
  let told: unknown;
  const work = (inner: AbortSignal) => {
    inner.addEventListener("abort", () => {
      told = inner.reason;
    });
    return never;
  };
  await expect(withDeadline(1, signal, late, work)).rejects.toThrow("late");
  expect(told).toEqual(late());
  expect(listeners()).toBe(0);
});

test("an abort goes before work that does not listen; nothing is done when it came before", async () => {
  const { controller, signal, listeners } = watchedSignal();
  const reason = { any: "value" };
  const pending = withDeadline(60_000, signal, late, () => never);
  controller.abort(reason);
  await expect(pending).rejects.toBe(reason);
  expect(listeners()).toBe(0);
  const work = vi.fn(async () => 1);
  await expect(withDeadline(60_000, signal, late, work)).rejects.toBe(reason);
  expect(work).not.toHaveBeenCalled();
});

test("a wait that is aborted leaves what is waited for alone", async () => {
  const { controller, signal, listeners } = watchedSignal();
  expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
  expect(listeners()).toBe(0);
  const waiting = orAborted(never, signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(orAborted(never, signal)).rejects.toThrow("enough");
});

test("what comes after an abort is undone, what came before is not", async () => {
  const controller = new AbortController();
  const undo = vi.fn(async () => {});
  expect(await orUndone(Promise.resolve("early"), controller.signal, undo)).toBe("early");
  let arrive: (value: string) => void = () => {};
  const pending = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  const waiting = orUndone(pending, controller.signal, undo);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  arrive("late");
  await vi.waitFor(() => expect(undo).toHaveBeenCalledExactlyOnceWith("late"));
});
