import { describe, expect, test } from "vitest";
import { createSleepAwareTime, oncePerTurn } from "../../src/attach/clock.ts";
import { createWakeSource, type WakePlatform } from "../../src/attach/wake.ts";

/** A target that counts its listeners. */
class CountedTarget extends EventTarget {
  listeners = 0;
  visibilityState = "visible";
  override addEventListener(...parameters: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners += 1;
    super.addEventListener(...parameters);
  }
  override removeEventListener(...parameters: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners -= 1;
    super.removeEventListener(...parameters);
  }
}

/** A page, or what of it is there, and what it tells of. */
function platform(has: { readonly page: boolean } = { page: true }) {
  const window = new CountedTarget();
  const document = new CountedTarget();
  const woke: number[] = [];
  let now = 1_000_000;
  let beat: (() => void) | null = null;
  const source: WakePlatform = {
    now: () => now,
    every(_, callback) {
      beat = callback;
      return () => {
        beat = null;
      };
    },
    window: has.page ? window : undefined,
    document: has.page ? document : undefined,
  };
  const subscribe = createWakeSource(source);
  const stop = subscribe((slept) => woke.push(slept));
  return {
    ...{ window, document, woke, subscribe, stop },
    /** Time passes, and the next beat comes after it. */
    pass(milliseconds: number) {
      now += milliseconds;
      beat?.();
    },
    /** Time passes, and no beat comes yet. */
    sleep(milliseconds: number) {
      now += milliseconds;
    },
    fire(target: EventTarget, type: string, fields: object = {}) {
      target.dispatchEvent(Object.assign(new Event(type), fields));
    },
    show(visibilityState: string) {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    get beats() {
      return beat !== null;
    },
  };
}

describe("sleep is told by a beat that comes late", () => {
  test.each([{ page: true }, { page: false }])("on any platform (%o)", (has) => {
    const run = platform(has);
    for (let beat = 0; beat < 10; beat += 1) run.pass(500);
    expect(run.woke).toEqual([]);
    run.pass(240_000);
    expect(run.woke).toEqual([240_000]);
    run.pass(500);
    expect(run.woke).toEqual([240_000]);
  });

  test("a page that computes for a while has not slept", () => {
    const run = platform();
    run.pass(5_000);
    expect(run.woke).toEqual([]);
    run.pass(5_001);
    expect(run.woke).toEqual([5_001]);
  });

  test("a hidden page, whose timers are throttled to one a minute, has not slept either", () => {
    const run = platform();
    run.show("hidden");
    run.pass(60_000);
    run.pass(90_000);
    expect(run.woke).toEqual([]);
    run.pass(90_001);
    expect(run.woke).toEqual([90_001]);
  });

  test("a wall clock that is set back is no sleep, and hides none for long", () => {
    const run = platform();
    run.pass(-3_600_000);
    expect(run.woke).toEqual([]);
    run.pass(10_000);
    expect(run.woke).toEqual([10_000]);
  });
});

describe("a page's events", () => {
  test("that the network is back, or that it is looked at, is worth a look; that it is not, is none", () => {
    const run = platform();
    run.fire(run.window, "online");
    run.show("hidden");
    run.sleep(60_000);
    run.show("visible");
    run.fire(run.window, "offline");
    expect(run.woke).toEqual([0, 0]);
  });

  test("out of the back/forward cache it has slept as long as it was there", () => {
    const run = platform();
    run.sleep(3_000);
    run.fire(run.window, "pageshow", { persisted: true });
    expect(run.woke).toEqual([3_000]);
    run.fire(run.window, "pageshow", { persisted: false });
    expect(run.woke).toEqual([3_000]);
  });

  test("resumed it has slept since it was frozen, however short that was, and hidden or not", () => {
    const run = platform();
    run.show("hidden");
    run.sleep(400);
    run.fire(run.document, "freeze");
    run.sleep(2_000);
    run.fire(run.document, "resume");
    expect(run.woke).toEqual([2_000]);
    run.show("visible");
    expect(run.woke).toEqual([2_000, 0]);
  });

  test("resumed within the millisecond it has slept, too", () => {
    const run = platform();
    run.fire(run.document, "freeze");
    run.fire(run.document, "resume");
    expect(run.woke).toEqual([1]);
  });

  test("a sleep that two of them tell of is told once, and then they are only worth a look", () => {
    const run = platform();
    run.sleep(240_000);
    run.show("visible");
    run.fire(run.window, "online");
    run.pass(500);
    expect(run.woke).toEqual([240_000, 0]);
  });
});

test("a sleep that is noticed when the page is hidden is told all the same", () => {
  const run = platform();
  run.sleep(240_000);
  run.show("hidden");
  expect(run.woke).toEqual([240_000]);
});

test("there is one set of listeners for any number of executions, and none when the last has ended", () => {
  const run = platform();
  const { window, document } = run;
  expect([window.listeners, document.listeners, run.beats]).toEqual([2, 3, true]);
  const stops = Array.from({ length: 100 }, () => run.subscribe(() => {}));
  expect([window.listeners, document.listeners]).toEqual([2, 3]);
  for (const stop of stops) stop();
  stops[0]?.();
  run.fire(window, "online");
  expect(run.woke).toEqual([0]);
  run.stop();
  expect([window.listeners, document.listeners, run.beats]).toEqual([0, 0, false]);
  run.subscribe(() => {});
  expect([window.listeners, document.listeners, run.beats]).toEqual([2, 3, true]);
});

test("one that ends an execution on the way is told nothing more of it", () => {
  const { subscribe, fire, window } = platform();
  const told: string[] = [];
  const stops: (() => void)[] = [];
  subscribe(() => {
    told.push("first");
    for (const stop of stops) stop();
  });
  stops.push(subscribe(() => told.push("second")));
  fire(window, "online");
  expect(told).toEqual(["first"]);
});

describe("the clock", () => {
  function clock() {
    const time = { wall: 1_700_000_000_000, monotonic: 5_000 };
    const now = createSleepAwareTime(
      () => time.wall,
      () => time.monotonic,
    );
    return { time, now };
  }

  test("counts like the wall clock, and goes on through a sleep in which the monotonic one stands still", () => {
    const { time, now } = clock();
    expect(now()).toBe(1_700_000_000_000);
    time.monotonic += 100;
    time.wall += 100;
    expect(now()).toBe(1_700_000_000_100);
    time.wall += 240_000;
    expect(now()).toBe(1_700_000_240_100);
  });

  test("and one in which it goes on, without counting it twice", () => {
    const { time, now } = clock();
    time.monotonic += 240_000;
    time.wall += 240_000;
    expect(now()).toBe(1_700_000_240_000);
  });

  test("does not go back when the wall clock is set back", () => {
    const { time, now } = clock();
    time.monotonic += 1_000;
    time.wall -= 3_600_000;
    expect(now()).toBe(1_700_000_001_000);
  });

  test("is not moved by what lies between two readings", () => {
    const { time, now } = clock();
    time.wall += 1_000;
    expect(now()).toBe(1_700_000_000_000);
  });
});

test("the time is read once per turn, and anew in the next", async () => {
  let reads = 0;
  const now = oncePerTurn(() => {
    reads += 1;
    return reads;
  });
  expect([now(), now()]).toEqual([1, 1]);
  await new Promise((resolve) => setImmediate(resolve));
  expect([now(), now()]).toEqual([2, 2]);
});
