import { describe, expect, test } from "vitest";
import { reduce } from "../../src/attach/reducer/reduce.ts";
import {
  type Action,
  type Event,
  initialState,
  isOpen,
  type ReducerOptions,
  type Session,
  type State,
} from "../../src/attach/reducer/state.ts";
import { EVENTS, NOW, OPTIONS, SESSION, STATES, TERMINAL } from "./reducer-cases.ts";
import { summarize } from "./reducer-summary.ts";

/** What the transition table leaves out: what a state remembers, and what actions carry. */

const CLOSED = { kind: "closed", code: 1006, message: "" } as const;
/** A session in which everything is to be seen: nothing has its first value. */
const MARKED: Session = { ...SESSION, killed: true, discontinuous: true, attaches: 5, signless: 2 };

function withSession<S extends State>(state: S, session: Partial<Session>): S {
  return { ...state, session: { ...state.session, ...session } };
}

function step(state: State, event: Event, options: Partial<ReducerOptions> = {}): State {
  return reduce(state, event, { ...OPTIONS, ...options }).state;
}

function reports(actions: readonly Action[]) {
  return actions.flatMap((action) => (action.type === "report" ? [action.event] : []));
}

function act(state: State, event: Event, options: Partial<ReducerOptions> = {}): readonly Action[] {
  return reduce(state, event, { ...OPTIONS, ...options }).actions;
}

test("an execution begins with nothing remembered but the terminal's size", () => {
  const size = { cols: 80, rows: 24 };
  expect(initialState(size)).toEqual({
    name: "idle",
    session: {
      stdinClosed: false,
      size,
      killed: false,
      discontinuous: false,
      attaches: 0,
      signless: 0,
      outage: {
        cause: null,
        attempts: 0,
        backoffs: 0,
        unopened: 0,
        reachable: null,
        spent: 0,
        countedTo: 0,
      },
      orphanedAt: null,
      answersProbes: "unknown",
    },
  });
});

describe("what the user says is remembered, and nothing else forgotten", () => {
  const size = { cols: 120, rows: 40 };
  test.each(Object.entries(STATES).filter(([, state]) => state.name !== "ended"))("in %s", (_, before) => {
    const state: State = withSession<State>(before, { ...MARKED, stdinClosed: false, killed: false });
    const { session } = state;
    expect(step(state, EVENTS.killed)).toEqual({ ...state, session: { ...session, killed: true } });
    expect(step(state, EVENTS["stdin eof"])).toEqual({
      ...state,
      session: { ...session, stdinClosed: true },
    });
    expect(step(state, EVENTS.resize)).toEqual({ ...state, session: { ...session, size } });
    expect(act(state, EVENTS.resize)).toEqual(isOpen(state) ? [{ type: "sendResize", size }] : []);
  });
});

describe("a verdict", () => {
  const verdict = { type: "verdict", stream: "stderr", position: 5 } as const;
  test.each([
    [{ kind: "exact", proof: "length" }, false],
    [{ kind: "provisional" }, false],
    [{ kind: "gap", missing: 0 }, true],
    [{ kind: "ambiguous", policy: "skip" }, true],
  ] as const)("%o is a discontinuity: %s; it is reported as it is", (kind, discontinuous) => {
    const event: Event = { ...verdict, verdict: kind };
    expect(step(STATES.attached, event).session).toEqual({ ...SESSION, discontinuous });
    expect(act(STATES.attached, event)).toEqual([{ type: "report", event }]);
  });

  test("that is exact does not undo a discontinuity", () => {
    const event: Event = { ...verdict, verdict: { kind: "exact", proof: "total" } };
    expect(step(withSession(STATES.attached, { discontinuous: true }), event).session.discontinuous).toBe(
      true,
    );
  });
});

describe("a connection that opens", () => {
  test("is counted, and begins with nothing heard", () => {
    const connecting = withSession(STATES.connecting, { attaches: 5 });
    expect(step(connecting, EVENTS.opened)).toEqual({
      name: "attached",
      session: { ...SESSION, attaches: 6, orphanedAt: NOW },
      purpose: { kind: "follow" },
      link: { since: NOW, pings: false, heard: false, progress: false },
    });
    expect(reports(act(connecting, EVENTS.opened))).toEqual([
      { type: "connected", attach: 6, purpose: "follow" },
    ]);
  });

  test("is told nothing that was never said", () => {
    const plain = withSession(STATES.connecting, { size: null, stdinClosed: false });
    const before: Action[] = [{ type: "stopTimers" }];
    const after: Action = { type: "report", event: { type: "connected", attach: 2, purpose: "follow" } };
    expect(act(plain, EVENTS.opened, { silence: null })).toEqual([...before, after]);
    const sized = withSession(plain, { size: { cols: 1, rows: 2 } });
    expect(act(sized, EVENTS.opened, { silence: null })).toEqual([
      ...before,
      { type: "sendResize", size: { cols: 1, rows: 2 } },
      after,
    ]);
  });

  test("not in time is an outage's cause", () => {
    const cause = { kind: "unanswered", after: 10_000 } as const;
    expect(step(STATES.connecting, EVENTS["timer open"]).session.outage).toEqual({
      ...SESSION.outage,
      unopened: 1,
      cause,
    });
    expect(reports(act(STATES.connecting, EVENTS["timer open"]))).toEqual([
      { type: "disconnected", cause, deadline: NOW - 2_000 + 300_000 },
    ]);
  });
});

describe("a sign of life", () => {
  const quiet = withSession(STATES.attached, { ...MARKED, answersProbes: "doubted" });
  const session = { ...quiet.session, signless: 0 };
  const heard = { ...quiet.link, heard: true };

  test.each(["heard", "error frame", "unknown frame"] as const)("%s", (name) => {
    expect(step(quiet, EVENTS[name])).toEqual({ ...quiet, session, link: heard });
  });

  test("output is progress, too", () => {
    expect(step(quiet, EVENTS.output)).toEqual({ ...quiet, session, link: { ...heard, progress: true } });
  });

  test("an answer to a probe shows that this server answers them", () => {
    expect(step(quiet, EVENTS["liveness answer"])).toEqual({
      ...quiet,
      session: { ...session, answersProbes: "yes" },
      link: heard,
    });
  });

  test.each([
    ["the connection has been heard", { heard: true }, 2],
    ["the server gave others", { heard: false }, 0],
  ] as const)("is remembered although %s", (_, link, signless) => {
    const state = { ...withSession(quiet, { signless }), link: { ...quiet.link, ...link } };
    expect(step(state, EVENTS.heard)).toEqual({ ...quiet, session, link: heard });
  });

  test("makes no new state where it changes nothing: output comes by the thousand frames", () => {
    const busy = { ...STATES.attached, link: { ...STATES.attached.link, heard: true, progress: true } };
    expect(step(busy, EVENTS.heard)).toBe(busy);
    const next = reduce(busy, EVENTS.output, OPTIONS);
    expect(next.state).toBe(busy);
    expect(next.actions).toEqual([{ type: "emit", stream: "stdout", bytes: EVENTS.output.bytes }]);
  });
});

describe("a frame's words are reported as they are", () => {
  test("an error frame's", () => {
    const event: Event = { type: "serverError", message: "no such signal", code: "invalid_argument" };
    const { message, code } = event;
    expect(reports(act(STATES.attached, event))).toEqual([{ type: "server-message", message, code }]);
  });

  test("an unknown frame's", () => {
    const { detail } = EVENTS["unknown frame"];
    expect(reports(act(STATES.attached, EVENTS["unknown frame"]))).toEqual([
      { type: "unknown-frame", detail },
    ]);
  });
});

describe("a status is reported with its words", () => {
  test.each([
    [{ kind: "running" }, "running", null],
    [{ ...TERMINAL, status: "timed_out", message: "too slow" }, "timed_out", "too slow"],
    [{ kind: "gone", message: "no such execution" }, "gone", "no such execution"],
    [{ kind: "denied", message: "the key has expired" }, "denied", "the key has expired"],
    [{ kind: "unavailable", message: "503" }, "unavailable", "503"],
  ] as const)("%o", (report, status, message) => {
    const event: Event = { type: "status", report, now: NOW, random: 0, quiet: 0 };
    expect(reports(act(STATES.probing, event))[0]).toEqual({ type: "status", status, message });
  });
});

describe("a check", () => {
  const { session, link } = STATES.attached;

  test.each([
    [{}, "pending", "pending"],
    [{ inBandProbe: false }, "off", "pending"],
    [{ statusProbe: false }, "pending", "unknown"],
  ] as const)("with %o waits for what it asked", (options, inBand, status) => {
    expect(step(STATES.attached, EVENTS["timer silence"], options)).toEqual({
      name: "checking",
      session,
      link,
      inBand,
      status,
      hurried: false,
    });
  });

  test("that may ask nothing is none", () => {
    const nothing = { inBandProbe: false, statusProbe: false };
    expect(reduce(STATES.attached, EVENTS["timer silence"], { ...OPTIONS, ...nothing })).toEqual({
      state: STATES.attached,
      actions: [],
    });
  });

  test("remembers which half was answered, and waits for the other", () => {
    const { checking } = STATES;
    expect(step(checking, EVENTS["status running"])).toEqual({ ...checking, status: "running" });
    expect(step(checking, EVENTS["status unavailable"])).toEqual({ ...checking, status: "unknown" });
    expect(step(checking, EVENTS.heard)).toEqual({
      ...checking,
      link: { ...link, heard: true },
      inBand: "answered",
    });
  });

  test("answered in-band waits no longer for a status that is not to be had", () => {
    const checking: State = { ...STATES.checking, status: "unknown" };
    const { state, actions } = reduce(checking, EVENTS["liveness answer"], OPTIONS);
    expect(state.name).toBe("attached");
    expect(reports(actions)).toEqual([{ type: "checked", alive: true }]);
  });

  const unanswered: State = STATES["checking by status only"];
  test.each([
    [
      "an answer in-band is life, whatever the status",
      STATES["checking, answered"],
      "status unavailable",
      true,
    ],
    ["a status that runs is life, without an answer in-band", unanswered, "status running", true],
    ["nobody could be asked", unanswered, "status unavailable", null],
  ] as const)("%s", (_, before, event, alive) => {
    const state = withSession<State>(before, { ...MARKED, signless: 1 });
    const next = reduce(state, EVENTS[event], OPTIONS);
    expect(next.state).toEqual({
      ...STATES.attached,
      session: { ...MARKED, signless: alive === null ? 2 : 0 },
    });
    expect(reports(next.actions).at(-1)).toEqual({ type: "checked", alive });
  });

  test("in which nobody could be asked gives the connection up, the third time in a row", () => {
    const unasked = (signless: number) =>
      withSession(STATES["checking by status only"], { ...MARKED, signless, answersProbes: "unknown" });
    expect(step(unasked(1), EVENTS["status unavailable"]).name).toBe("attached");
    const { state, actions } = reduce(unasked(2), EVENTS["status unavailable"], OPTIONS);
    const cause = { kind: "silent", after: 500 } as const;
    expect(summarize({ state, actions }, unasked(2))).toBe(
      "waiting: (status unavailable), -timers, (checked), discard, (disconnected), (reconnecting), +backoff 75",
    );
    expect(reports(actions).slice(1, 3)).toEqual([
      { type: "checked", alive: false },
      { type: "disconnected", cause, deadline: NOW - 500 + 300_000 },
    ]);
    expect(state.session).toEqual({
      ...MARKED,
      signless: 3,
      // None was sent: it says nothing about whether this server answers them.
      answersProbes: "unknown",
      outage: { ...SESSION.outage, attempts: 2, backoffs: 2, spent: 1_000, countedTo: NOW, cause },
      orphanedAt: NOW - 500,
    });
  });
});

describe("a check that is missed", () => {
  const miss = (link: object, hurried: boolean) => {
    const before = withSession(STATES.checking, { answersProbes: "doubted", signless: 4 });
    const state: State = { ...before, link: { ...before.link, ...link }, hurried };
    return step(state, EVENTS["timer answer"]).session;
  };

  test.each([
    [{}, false, "no"],
    [{}, true, "doubted"],
    [{ pings: true }, false, "doubted"],
  ] as const)(
    "says whether this server answers in-band probes, if one was sent and had time: %o, hurried %s, %s",
    (link, hurried, answersProbes) => {
      expect(miss(link, hurried).answersProbes).toBe(answersProbes);
    },
  );

  test.each([true, false])("counts once, whether the connection was heard before (%s) or not", (heard) => {
    expect(miss({ heard }, false).signless).toBe(5);
  });
});

describe("a wake-up", () => {
  const asleep = { ...EVENTS["a deep sleep"] };

  test.each(["waiting", "probing", "connecting"] as const)(
    "in %s begins backing off anew, and leaves 30 s of the budget at least",
    (name) => {
      const before = withSession(STATES[name], {
        outage: { ...SESSION.outage, attempts: 9, backoffs: 9, spent: 59_000 },
      });
      const { outage } = step(before, asleep).session;
      expect(outage).toEqual({
        ...before.session.outage,
        backoffs: 0,
        spent: OPTIONS.reconnectBudget - 30_000,
        countedTo: asleep.now,
      });
      // The round that was slept over costs what it costs awake.
      const early = withSession(STATES[name], { outage: { ...SESSION.outage, spent: 1_000 } });
      expect(step(early, asleep).session.outage.spent).toBe(25_000);
      const look = step(before, EVENTS["a look"]).session.outage;
      expect(look).toEqual({ ...before.session.outage, backoffs: 0 });
      expect(step(before, asleep, { reconnectBudget: 10_000 }).session.outage.spent).toBe(0);
    },
  );

  test("hurries a check, whose answer says as much and whose silence less", () => {
    expect(step(STATES.attached, asleep)).toMatchObject({ name: "checking", hurried: true });
    const impatient = { answerTimeout: 100 };
    const state = step(STATES.attached, asleep, impatient);
    expect(state).toMatchObject({ name: "checking", hurried: false });
  });

  test("of a connection that was opened since is none of its business", () => {
    const { link } = STATES.attached;
    const young: State = { ...STATES.attached, link: { ...link, since: asleep.now - 119_999 } };
    expect(reduce(young, asleep, OPTIONS)).toEqual({
      state: young,
      actions: [{ type: "report", event: { type: "woke", slept: 240_000 } }],
    });
    // Opened after the last beat and before the sleep, it was slept over, too.
    const older: State = { ...STATES.attached, link: { ...link, since: asleep.now - 120_000 } };
    expect(step(older, asleep).name).toBe("checking");
  });

  test("replaces one that was slept over deeply and cannot be asked, and no other", () => {
    const deaf = withSession(STATES.attached, { answersProbes: "no" });
    const { state, actions } = reduce(deaf, asleep, OPTIONS);
    expect(state.name).toBe("connecting");
    const cause = { kind: "slept", after: 240_000 } as const;
    expect(reports(actions)).toMatchObject([
      { type: "woke" },
      { type: "disconnected", cause, deadline: NOW + 300_000 },
      { type: "reconnecting", delay: 0, obstacle: "cut" },
    ]);
    const nearly: Event = { ...asleep, slept: 44_999 };
    expect(step(deaf, nearly, { statusProbe: false }).name).toBe("attached");
    expect(step(STATES.attached, { ...nearly, slept: 45_000 }, { silence: null }).name).toBe("connecting");
    expect(step(STATES.attached, nearly, { silence: null })).toBe(STATES.attached);
  });

  test("in the middle of a handshake waits for it, unless it was slept over for longer than one may take", () => {
    const attaches = (event: { slept: number; quiet: number }) =>
      act(STATES.connecting, { ...asleep, ...event }).some(({ type }) => type === "attach");
    expect(attaches({ slept: 10_000, quiet: 10_000 })).toBe(true);
    expect(attaches({ slept: 9_999, quiet: 10_000 })).toBe(false);
    expect(attaches({ slept: 10_000, quiet: 9_999 })).toBe(false);
  });
});

describe("a connection that ends", () => {
  const at = (link: { since: number; heard: boolean; progress: boolean }, signless: number) => {
    const attached = withSession(STATES.attached, { ...MARKED, signless });
    return step({ ...attached, link: { ...link, pings: false } }, EVENTS["closed 1006"]).session;
  };
  const outage = { ...SESSION.outage, cause: CLOSED };
  const ended = { ...outage, attempts: 0, backoffs: 0, countedTo: NOW };

  test.each([
    ["brought nothing", { since: NOW, heard: false, progress: false }, 3, outage],
    ["was heard, without anything new", { since: NOW, heard: true, progress: false }, 0, outage],
    ["brought something new", { since: NOW, heard: true, progress: true }, 0, ended],
    ["lasted", { since: NOW - 5_000, heard: false, progress: false }, 3, ended],
    ["nearly lasted", { since: NOW - 4_999, heard: false, progress: false }, 3, outage],
  ])("and %s", (_, link, signless, expected) => {
    expect(at(link, 2)).toEqual({ ...MARKED, signless, outage: expected, orphanedAt: NOW - 500 });
  });

  test("without the exit frame that it was for says so in the outage it leads to", () => {
    const cause = { kind: "no-exit-frame" };
    for (const name of ["attached to drain", "concluding"] as const) {
      expect(step(STATES[name], EVENTS["timer grace"]).session.outage.cause, name).toEqual(cause);
    }
  });

  test.each([
    [7, { ...STATES.probing.session, signless: 7 }, "waiting"],
    [8, { ...STATES.probing.session, signless: 8 }, "ended"],
  ] as const)("with %i in a row without a sign of life", (_, session, name) => {
    expect(step({ name: "probing", session }, EVENTS["status unavailable"]).name).toBe(name);
  });

  test("and whose status runs has given a sign of life after all", () => {
    const state = withSession(STATES.probing, { ...MARKED, signless: 8 });
    expect(step(state, EVENTS["status running"])).toMatchObject({
      name: "waiting",
      session: { signless: 0 },
    });
  });
});

describe("an attach that is denied", () => {
  const refused = (status: number) => ({ kind: "refused", status, message: "" }) as const;
  const attempt = (state: State, first: Session["outage"]["cause"], second: number) => {
    const before = withSession(state, { outage: { ...SESSION.outage, cause: first } });
    const event: Event = {
      type: "closed",
      cause: refused(second),
      behind: false,
      now: NOW,
      random: 0.5,
      quiet: 0,
    };
    return reduce(before, event, OPTIONS);
  };
  const failureOf = (actions: readonly Action[]) => actions.find((action) => action.type === "fail");

  test.each([
    [401, 401],
    [401, 403],
    [403, 401],
    [403, 403],
  ])("twice, %i and %i, fails; a drain ends with what the status said", (first, second) => {
    expect(failureOf(attempt(STATES.connecting, refused(first), second).actions)).toEqual({
      type: "fail",
      failure: { kind: "denied", message: "the attach was refused twice" },
    });
    const drained = attempt(STATES["connecting to drain"], refused(first), second);
    expect(drained.actions.at(-1)).toMatchObject({ type: "finish", conclusion: { source: "status" } });
  });

  test.each([
    ["after another cause", CLOSED, 401],
    ["after none", null, 401],
    ["after another refusal", refused(409), 403],
    ["before another refusal", refused(401), 409],
  ] as const)("once, %s, leads to the status; a drain tries again", (_, first, second) => {
    expect(attempt(STATES.connecting, first, second).state.name).toBe("probing");
    expect(attempt(STATES["connecting to drain"], first, second).state.name).toBe("waiting");
  });

  test.each([404, 410])("is no more to be had with %i", (status) => {
    expect(attempt(STATES["connecting to drain"], null, status).state.name).toBe("ended");
  });
});

describe("what a result carries", () => {
  const conclusionOf = (state: State, event: Event) =>
    act(state, event).find((action) => action.type === "finish")?.conclusion;
  const timedOut = { ...TERMINAL, status: "timed_out", message: "too slow" } as const;

  test("an exit frame while concluding keeps what the status said of the end", () => {
    expect(conclusionOf({ ...STATES.concluding, conclusion: timedOut }, EVENTS.exit)).toEqual({
      status: "timed_out",
      exitCode: 7,
      source: "exit-frame",
      complete: true,
      message: "too slow",
    });
  });

  test("a status that knew nothing says nothing of the end", () => {
    expect(conclusionOf(STATES["concluding, gone"], EVENTS.exit)).toEqual({
      status: "completed",
      exitCode: 7,
      source: "exit-frame",
      complete: true,
      message: null,
    });
  });

  test("what was killed and forgotten is not complete", () => {
    expect(conclusionOf(STATES["probing after a kill"], EVENTS["status gone"])).toEqual({
      status: "killed",
      exitCode: null,
      source: "kill",
      complete: false,
      message: null,
    });
  });

  test.each([
    [false, true],
    [true, false],
  ])(
    "a verification that goes nowhere says what it found: discontinuous %s, complete %s",
    (found, complete) => {
      const state = withSession(STATES["connecting to verify"], { discontinuous: found });
      expect(conclusionOf(state, EVENTS["refused 404"])).toEqual({
        status: "completed",
        exitCode: 7,
        source: "exit-frame",
        complete,
        message: null,
      });
    },
  );

  test("a verification is an outage of its own, that begins with the exit frame", () => {
    const state = step(withSession(STATES.attached, MARKED), EVENTS.exit, { verify: true });
    expect(state.session).toEqual({
      ...MARKED,
      outage: { ...SESSION.outage, cause: null, attempts: 0, backoffs: 0, countedTo: NOW },
    });
  });
});
