import { describe, expect, test } from "vitest";
import { type Event, type State, step } from "../../src/tabs/membership.ts";

const ME = "m";
const EARLIER = { number: 3, id: "z" };
const NOW = { number: 4, id: "k" };
const LATER = { number: 4, id: "z" };
const MINE = { number: 4, id: ME };

const STATES = {
  idle: { name: "idle", seen: 4 },
  joining: { name: "joining", seen: 4, term: NOW },
  following: { name: "following", seen: 4, term: NOW },
  asking: { name: "asking", seen: 4, term: NOW, asked: 1 },
  "asking twice": { name: "asking", seen: 4, term: NOW, asked: 2 },
  stealing: { name: "stealing", seen: 4, term: NOW },
  leading: { name: "leading", seen: 4, term: MINE },
  away: { name: "away", seen: 4 },
  ended: { name: "ended", seen: 4 },
} satisfies Record<string, State>;

const EVENTS = {
  start: { type: "start" },
  granted: { type: "granted" },
  stolen: { type: "stolen" },
  "announced, earlier": { type: "announced", term: EARLIER },
  "announced, later": { type: "announced", term: LATER },
  "heard, earlier": { type: "heard", term: EARLIER },
  "heard, the same": { type: "heard", term: NOW },
  "heard, later": { type: "heard", term: LATER },
  timer: { type: "timer" },
  away: { type: "away" },
  back: { type: "back" },
  end: { type: "end" },
} satisfies Record<string, Event>;

type Table = Record<keyof typeof STATES, Record<keyof typeof EVENTS, string>>;

const NOTHING = "–";
const ENTER = "joining: queue, join, startTimer quiet";
const LEAD = "leading 5m: stopTimer, lead 5m, announce 5m";
const JOIN = "joining 4z: join, startTimer quiet";
const AWAY = "away: leave, release, stopTimer";
const END = "ended: leave, release, stopTimer";

/** Every state and every event: does not compile when one is missing. */
const TABLE: Table = {
  idle: row({ start: ENTER, end: "ended: " }),
  joining: row({
    granted: LEAD,
    "announced, later": JOIN,
    "heard, the same": "following 4k: follow, startTimer quiet",
    "heard, later": "following 4z: follow, startTimer quiet",
    timer: "asking 4k: join, startTimer answer",
    away: AWAY,
    end: END,
  }),
  following: row({
    granted: LEAD,
    "announced, later": JOIN,
    "heard, the same": "following 4k: startTimer quiet",
    "heard, later": "following 4z: follow, startTimer quiet",
    timer: "asking 4k: join, startTimer answer",
    away: AWAY,
    end: END,
  }),
  asking: row({
    granted: LEAD,
    "announced, later": JOIN,
    "heard, the same": "following 4k: follow, startTimer quiet",
    "heard, later": "following 4z: follow, startTimer quiet",
    timer: "asking 4k: join, startTimer answer",
    away: AWAY,
    end: END,
  }),
  "asking twice": row({
    granted: LEAD,
    "announced, later": JOIN,
    "heard, the same": "following 4k: follow, startTimer quiet",
    "heard, later": "following 4z: follow, startTimer quiet",
    timer: "stealing 4k: release, steal",
    away: AWAY,
    end: END,
  }),
  stealing: row({ granted: LEAD, stolen: ENTER, away: AWAY, end: END }),
  leading: row({
    stolen: "joining: stepDown, queue, join, startTimer quiet",
    "announced, earlier": "leading 4m: announce 4m",
    "announced, later": "joining: stepDown, release, queue, join, startTimer quiet",
    away: "away: stepDown, leave, release, stopTimer",
    end: "ended: stepDown, leave, release, stopTimer",
  }),
  away: row({ back: ENTER, end: "ended: " }),
  ended: row({}),
};

function row(expected: Partial<Table["idle"]>): Table["idle"] {
  const nothing = Object.fromEntries(Object.keys(EVENTS).map((event) => [event, NOTHING]));
  return { ...(nothing as Table["idle"]), ...expected };
}

const cases = Object.entries<State>(STATES).flatMap(([from, state]) =>
  Object.entries<Event>(EVENTS).map(([on, event]) => ({ from, on, state, event })),
);

test.each(cases)("$from, $on", ({ from, on, state, event }) => {
  const expected = new Map(Object.entries(new Map(Object.entries(TABLE)).get(from) ?? {})).get(on);
  expect(summary(state, event)).toBe(expected);
});

describe("what is known of terms", () => {
  test("a term is later than any that was seen, also while it was not followed", () => {
    const away = step(
      { name: "away", seen: 2 },
      { type: "announced", term: { number: 9, id: "a" } },
      ME,
    ).state;
    const back = step(away, { type: "back" }, ME).state;
    expect(step(back, { type: "granted" }, ME).state).toMatchObject({ name: "leading", seen: 10 });
  });
});

function summary(state: State, event: Event): string {
  const { state: next, actions } = step(state, event, ME);
  const term = "term" in next && next.term !== null ? ` ${next.term.number}${next.term.id}` : "";
  const done = actions.map((action) => {
    if (action.type === "startTimer") return `startTimer ${action.timer}`;
    return "term" in action ? `${action.type} ${action.term.number}${action.term.id}` : action.type;
  });
  const changed = JSON.stringify(next) !== JSON.stringify(state);
  return changed || done.length > 0 ? `${next.name}${term}: ${done.join(", ")}` : NOTHING;
}
