import { describe, expect, test } from "vitest";
import { reduce } from "../../src/attach/reducer/reduce.ts";
import {
  type Action,
  type Event,
  initialState,
  type ReducerOptions,
  type Session,
  type State,
} from "../../src/attach/reducer/state.ts";
import {
  EVENTS,
  type EventCase,
  NOW,
  OPTIONS,
  SESSION,
  STATES,
  type StateCase,
  TERMINAL,
} from "./reducer-cases.ts";
import { summarize } from "./reducer-summary.ts";
import { TABLE } from "./reducer-table.ts";

const states = Object.keys(STATES) as StateCase[];
const events = Object.keys(EVENTS) as EventCase[];

describe.each(states)("%s", (name) => {
  test.each(events)("%s", (event) => {
    const state: State = STATES[name];
    expect(summarize(reduce(state, EVENTS[event], OPTIONS), state)).toBe(TABLE[name][event]);
  });
});

test("the reducer never changes the state or the event that it was given", () => {
  for (const name of states) {
    for (const event of events) {
      const state = freeze(structuredClone(STATES[name]) as State);
      reduce(state, freeze({ ...EVENTS[event] }) as Event, OPTIONS);
    }
  }
});

describe("over several events", () => {
  const closed = (now: number, code = 1006, behind = false): Event => ({
    type: "closed",
    cause: { kind: "closed", code, message: "" },
    behind,
    now,
    random: 0,
    quiet: 0,
  });
  const failed = (now: number): Event => ({
    type: "closed",
    cause: { kind: "failed", message: "" },
    behind: false,
    now,
    random: 0,
    quiet: 0,
  });
  const running = (now: number): Event => ({
    type: "status",
    report: { kind: "running" },
    now,
    random: 0,
    quiet: 0,
  });

  test("the first re-attach comes at once, the next ones back off from 100 ms to 4 s", () => {
    let state = initialState(null);
    let now = 0;
    const delays: number[] = [];
    state = reduce(state, { type: "start", now }, OPTIONS).state;
    for (let attempt = 0; attempt < 9; attempt += 1) {
      state = reduce(state, failed(now), OPTIONS).state;
      const next = reduce(state, running(now), OPTIONS);
      const delay = reconnectDelay(next.actions);
      delays.push(delay);
      now += delay;
      state =
        delay === 0
          ? next.state
          : reduce(next.state, { type: "timer", timer: "backoff", now, random: 0, quiet: 0 }, OPTIONS).state;
    }
    // Without jitter's upper half (random 0): half of 100, 200, 400, … up to half of 4,000.
    expect(delays).toEqual([0, 50, 100, 200, 400, 800, 1600, 2000, 2000]);
  });

  test("jitter spreads a backoff between its half and the whole", () => {
    const delayWith = (random: number) =>
      reconnectDelay(reduce(STATES.probing, { ...EVENTS["status running"], random }, OPTIONS).actions);
    expect([delayWith(0), delayWith(0.999999)]).toEqual([50, 100]);
  });

  test("the budget ends an outage: lost when following, the probed status when draining", () => {
    const spent = OPTIONS.reconnectBudget - 1_000;
    const cause = { kind: "closed", code: 1006, message: "" } as const;
    const session = { ...SESSION, outage: { ...SESSION.outage, attempts: 12, spent } };
    const lost = reduce({ name: "probing", session }, running(NOW), OPTIONS);
    expect(summarize(lost, STATES.probing)).toBe("ended: (status running), fail lost");
    const failure = lost.actions.find((action) => action.type === "fail")?.failure;
    expect(failure).toEqual({ kind: "lost", attempts: 12, budget: 60_000, cause, obstacle: "cut" });
    const draining: State = { ...STATES["connecting to drain"], session };
    expect(summarize(reduce(draining, EVENTS["refused 409"], OPTIONS), draining)).toBe(
      "ended: -timers, (disconnected), finish completed 42 by status",
    );
  });

  test("the last backoff does not reach beyond the budget", () => {
    const spent = OPTIONS.reconnectBudget - 1_010;
    const state: State = {
      name: "probing",
      session: { ...SESSION, outage: { ...SESSION.outage, backoffs: 12, spent } },
    };
    expect(reconnectDelay(reduce(state, running(NOW), OPTIONS).actions)).toBe(10);
  });

  test("a connection that brought something new ends the outage: the next cut is followed at once", () => {
    let state: State = STATES.attached;
    state = reduce(state, EVENTS.output, OPTIONS).state;
    state = reduce(state, closed(NOW), OPTIONS).state;
    expect(reconnectDelay(reduce(state, running(NOW), OPTIONS).actions)).toBe(0);
  });

  test("a connection that lasted ends the outage, too, without having brought anything", () => {
    const later = STATES.attached.link.since + 5_000;
    const state = reduce(STATES.attached, closed(later), OPTIONS).state;
    expect(reconnectDelay(reduce(state, running(later), OPTIONS).actions)).toBe(0);
  });

  test("a server that takes every attach and cuts it at once is not attached to in a tight loop", () => {
    let state: State = STATES.attached;
    const delays: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      state = reduce(state, closed(NOW), OPTIONS).state;
      const next = reduce(state, running(NOW), OPTIONS);
      delays.push(reconnectDelay(next.actions));
      state = reduce(
        next.state,
        { type: "timer", timer: "backoff", now: NOW, random: 0, quiet: 0 },
        OPTIONS,
      ).state;
      state = reduce(state, EVENTS.opened, OPTIONS).state;
    }
    expect(delays).toEqual([50, 100, 200, 400]);
  });

  describe("three drains in a row that bring nothing", () => {
    /** What comes of drains that end so; a drain that brings something does that first. */
    const drains = (
      ends: readonly { at: number; event: Event; heard?: boolean }[],
      fruitful: readonly number[] = [],
      from: State = STATES["connecting to drain"],
    ): State => {
      let state = from;
      for (const [index, { at, event, heard = false }] of ends.entries()) {
        state = reduce(state, { ...EVENTS.opened, now: at }, OPTIONS).state;
        if (heard) state = reduce(state, EVENTS.heard, OPTIONS).state;
        if (fruitful.includes(index)) state = reduce(state, EVENTS.output, OPTIONS).state;
        state = reduce(state, event, OPTIONS).state;
        if (state.name === "waiting") {
          state = reduce(
            state,
            { type: "timer", timer: "backoff", now: NOW, random: 0, quiet: 0 },
            OPTIONS,
          ).state;
        }
      }
      return state;
    };
    const silent = { at: NOW, event: EVENTS["timer grace"] };
    const through = { at: NOW, event: closed(NOW, 1000), heard: true };
    const cut = { at: NOW, event: closed(NOW, 1000, true), heard: true };
    const mute = { at: NOW, event: closed(NOW, 1000) };

    test("leave it to the status, if the server had nothing more to say", () => {
      expect(drains([silent, silent]).name).toBe("connecting");
      expect(drains([silent, silent, silent]).name).toBe("ended");
      expect(drains([cut, cut, silent]).name).toBe("ended");
      expect(drains([through, through]).name).toBe("connecting");
      expect(drains([through, through, through]).name).toBe("ended");
    });

    test("do so where they were cut before they got to what may be new only after 30 s", () => {
      const spent = (milliseconds: number) => {
        const outage = { ...SESSION.outage, spent: milliseconds, countedTo: NOW };
        return { ...STATES["connecting to drain"], session: { ...SESSION, outage } };
      };
      expect(drains([cut, cut, cut, cut], [], spent(29_999)).name).toBe("connecting");
      expect(drains([mute, mute, mute, mute], [], spent(29_999)).name).toBe("connecting");
      expect(drains([cut, cut, cut], [], spent(30_000)).name).toBe("ended");
      expect(drains([cut, cut], [], spent(30_000)).name).toBe("connecting");
    });

    test("count from the last one that brought something", () => {
      expect(drains([silent, silent, silent, silent, silent], [2]).name).toBe("connecting");
      expect(drains([silent, silent, silent, silent, silent, silent], [2]).name).toBe("ended");
    });
  });

  test("a server that left two probes unanswered, and never answered one, is taken not to answer any", () => {
    const miss = (answersProbes: Session["answersProbes"]) => {
      const state: State = { ...STATES["checking, status known"], session: { ...SESSION, answersProbes } };
      return reduce(state, EVENTS["timer answer"], OPTIONS).state.session.answersProbes;
    };
    expect([miss("unknown"), miss("doubted"), miss("yes")]).toEqual(["doubted", "no", "yes"]);
    const checkOf = (answersProbes: Session["answersProbes"]) => {
      const quiet: State = { ...STATES.attached, session: { ...SESSION, answersProbes } };
      return summarize(reduce(quiet, EVENTS["timer silence"], OPTIONS), quiet);
    };
    expect(checkOf("doubted")).toBe("checking: (checking), sendLivenessProbe, +answer 10000, probe");
    expect(checkOf("no")).toBe("checking: (checking), probe");
  });

  test("a server that gives no sign of life at all is given up, although it takes every attach", () => {
    let state = initialState(null);
    let now = 0;
    state = reduce(state, { type: "start", now }, OPTIONS).state;
    for (let step = 0; state.name !== "ended" && step < 100; step += 1) {
      now += 20_000;
      const moment = { now, random: 0, quiet: 20_000 };
      const events: Event[] = [
        { type: "opened", pings: false, now },
        { type: "timer", timer: "silence", ...moment },
        { type: "status", report: { kind: "unavailable", message: "500" }, ...moment },
        { type: "timer", timer: "answer", ...moment },
        { type: "timer", timer: "backoff", ...moment },
      ];
      for (const event of events) state = reduce(state, event, OPTIONS).state;
    }
    expect(state.name).toBe("ended");
    expect(now).toBeLessThan(300_000);
  });

  test("one whose status runs is not: quiet is not dead, even where nobody answers in-band probes", () => {
    let state: State = { ...STATES.attached, session: { ...SESSION, answersProbes: "no" } };
    for (let check = 0; check < 100; check += 1) {
      state = reduce(state, EVENTS["timer silence"], OPTIONS).state;
      state = reduce(state, EVENTS["status running"], OPTIONS).state;
    }
    expect(state.name).toBe("attached");
  });

  test("each half of a check can be turned off, and all of it", () => {
    const check = (options: Partial<ReducerOptions>) => {
      const state: State = STATES.attached;
      return summarize(reduce(state, EVENTS["timer silence"], { ...OPTIONS, ...options }), state);
    };
    expect(check({ inBandProbe: false })).toBe("checking: (checking), probe");
    expect(check({ statusProbe: false })).toBe("checking: (checking), sendLivenessProbe, +answer 10000");
    const opened = reduce(STATES.connecting, EVENTS.opened, { ...OPTIONS, silence: null });
    expect(opened.actions.filter((action) => action.type === "startTimer")).toEqual([]);
  });

  test("a drain ends with the exit frame's code, and keeps what the status said of the end", () => {
    const terminal = {
      ...TERMINAL,
      status: "timed_out",
      exitCode: -9,
      message: "the runner's words",
    } as const;
    const draining = reduce(
      STATES.probing,
      { ...EVENTS["status terminal"], report: terminal },
      OPTIONS,
    ).state;
    const attached = reduce(draining, EVENTS.opened, OPTIONS).state;
    expect(conclusionOf(reduce(attached, { ...EVENTS.exit, exitCode: -15 }, OPTIONS).actions)).toEqual({
      status: "timed_out",
      exitCode: -15,
      message: "the runner's words",
      source: "exit-frame",
      complete: true,
    });
    expect(conclusionOf(reduce(draining, EVENTS["refused 404"], OPTIONS).actions)).toEqual({
      status: "timed_out",
      exitCode: -9,
      message: "the runner's words",
      source: "status",
      complete: false,
    });
  });

  describe("with verify", () => {
    const options = { ...OPTIONS, verify: true };

    test("an exit frame is followed by one more attach, at once; its exit frame ends it", () => {
      const exited = reduce(STATES.attached, EVENTS.exit, options);
      expect(summarize(exited, STATES.attached)).toBe(
        "connecting to verify: -timers, discard, attach, +open 10000",
      );
      const attached = reduce(exited.state, EVENTS.opened, options).state;
      expect(conclusionOf(reduce(attached, { ...EVENTS.exit, exitCode: 99 }, options).actions)).toEqual({
        status: "completed",
        exitCode: 7,
        source: "exit-frame",
        complete: true,
        message: null,
      });
    });

    test("what it finds missing is said: the result is not complete", () => {
      let state = reduce(STATES.attached, EVENTS.exit, options).state;
      state = reduce(state, EVENTS.opened, options).state;
      state = reduce(state, EVENTS.verdict, options).state;
      expect(conclusionOf(reduce(state, EVENTS.exit, options).actions)?.complete).toBe(false);
    });

    test("a drain is its own verification", () => {
      const state: State = STATES["attached to drain"];
      expect(summarize(reduce(state, EVENTS.exit, options), state)).toBe(
        "ended: finish completed 7 by exit-frame",
      );
    });

    test("a result that is known waits for it 10 s at most", () => {
      const late: State = {
        ...STATES["connecting to verify"],
        session: { ...SESSION, outage: { ...SESSION.outage, countedTo: NOW - 10_000 } },
      };
      expect(summarize(reduce(late, EVENTS["refused 409"], options), late)).toBe(
        "ended: -timers, (disconnected), finish completed 7 by exit-frame",
      );
    });
  });

  test("a result behind a discontinuity is not complete", () => {
    const { state } = reduce(STATES.attached, EVENTS.verdict, OPTIONS);
    expect(conclusionOf(reduce(state, EVENTS.exit, OPTIONS).actions)?.complete).toBe(false);
  });
});

function reconnectDelay(actions: readonly Action[]): number {
  for (const action of actions) {
    if (action.type === "report" && action.event.type === "reconnecting") return action.event.delay;
  }
  throw new Error(`no reconnect in ${JSON.stringify(actions)}`);
}

function conclusionOf(actions: readonly Action[]) {
  return actions.find((action) => action.type === "finish")?.conclusion;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}
