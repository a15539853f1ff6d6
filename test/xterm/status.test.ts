import { expect, test, vi } from "vitest";
import type { ExecutionExit } from "../../src/attach/exit.ts";
import { createEmitter } from "../../src/xterm/emitter.ts";
import { createResizer } from "../../src/xterm/resize.ts";
import { stateAfter } from "../../src/xterm/state.ts";
import { createStatus, describe as sentence } from "../../src/xterm/status.ts";

const NOW = 1_000_000;

function exit(fields: Partial<ExecutionExit>): ExecutionExit {
  const delivered = { bytes: 0, proved: false };
  return {
    outcome: "exited",
    exitCode: 0,
    signal: null,
    source: "exit-frame",
    complete: true,
    delivered: { stdout: delivered, stderr: delivered },
    message: null,
    ...fields,
  };
}

test.each([
  [{ kind: "connecting" }, "connecting"],
  [{ kind: "connected" }, "connected"],
  [{ kind: "reconnecting", retryAt: null, deadline: null }, "reconnecting; what is typed is not sent"],
  [
    { kind: "reconnecting", retryAt: NOW + 1_200, deadline: NOW + 60_000 },
    "reconnecting in 2 s, giving up in 60 s; what is typed is not sent",
  ],
  [
    { kind: "reconnecting", retryAt: NOW - 5, deadline: NOW + 500 },
    "reconnecting, giving up in 1 s; what is typed is not sent",
  ],
  [{ kind: "exited", exit: exit({ exitCode: 5 }) }, "exited with code 5"],
  [{ kind: "exited", exit: exit({ outcome: "signaled", signal: 9, exitCode: -9 }) }, "ended by signal 9"],
  [{ kind: "exited", exit: exit({ outcome: "timed_out", exitCode: null }) }, "ended: timed out"],
  [{ kind: "failed", message: "gone for good" }, "gone for good"],
] as const)("%o reads %s", (state, text) => {
  expect(sentence(state, NOW)).toBe(text);
});

test("an element shows the state, and counts down while there is something to count", () => {
  vi.useFakeTimers({ now: NOW });
  try {
    const element = { textContent: "", dataset: {} as Record<string, string> };
    // Only these two properties of an element are used.
    const status = createStatus(element as unknown as HTMLElement);
    status.show({ kind: "reconnecting", retryAt: NOW + 3_000, deadline: NOW + 10_000 });
    expect(element.dataset.state).toBe("reconnecting");
    expect(element.textContent).toContain("in 3 s");
    vi.advanceTimersByTime(2_000);
    expect(element.textContent).toContain("in 1 s, giving up in 8 s");
    status.show({ kind: "connected" });
    expect(element).toEqual({ textContent: "connected", dataset: { state: "connected" } });
    expect(vi.getTimerCount()).toBe(0);
    status.show({ kind: "reconnecting", retryAt: null, deadline: null });
    status.dispose();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("to verify what was delivered is no outage", () => {
  const connected = { kind: "connected" } as const;
  const verifying = { type: "reconnecting", attempt: 1, delay: 0, budget: 1, purpose: "verify" } as const;
  expect(stateAfter(connected, verifying, NOW)).toBe(connected);
});

test("of many sizes the last is passed on, once", () => {
  vi.useFakeTimers();
  try {
    const passed: object[] = [];
    const resizer = createResizer((size) => passed.push(size));
    for (let cols = 1; cols <= 100; cols += 1) resizer.resize({ cols, rows: 24 });
    expect(passed).toEqual([]);
    vi.runAllTimers();
    expect(passed).toEqual([{ cols: 100, rows: 24 }]);
    resizer.resize({ cols: 5, rows: 5 });
    resizer.dispose();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("listeners are told until they are disposed, each as often as it was added", () => {
  const emitter = createEmitter<number>();
  const told: number[] = [];
  const listener = (value: number) => told.push(value);
  const first = emitter.event(listener);
  emitter.event(listener);
  emitter.fire(1);
  first.dispose();
  emitter.fire(2);
  emitter.dispose();
  emitter.fire(3);
  expect(told).toEqual([1, 1, 2]);
});
