import type { EventCase, StateCase } from "./reducer-cases.ts";

type Row = Record<EventCase, string>;
/** Part of a row; a row with a cell missing does not compile. */
type Cells<Cases extends EventCase> = Record<Cases, string>;

const STAY = "stay";

const NOT_STARTED: Cells<"start" | "opened"> = { start: STAY, opened: STAY };

const USER_CALLS: Cells<"stdin eof" | "resize" | "killed" | "abort" | "detach"> = {
  "stdin eof": STAY,
  resize: STAY,
  killed: STAY,
  abort: "ended: fail aborted",
  detach: "ended: fail detached",
};
const USER_CALLS_WHEN_OPEN = { ...USER_CALLS, "stdin eof": "stay: sendStdinEof", resize: "stay: sendResize" };

type Frame = "output" | "heard" | "exit" | "error frame" | "liveness answer" | "unknown frame" | "verdict";
const NO_FRAMES: Cells<Frame> = {
  output: STAY,
  heard: STAY,
  exit: STAY,
  "error frame": STAY,
  "liveness answer": STAY,
  "unknown frame": STAY,
  verdict: "stay: (verdict)",
};
const FRAMES: Cells<Frame> = {
  output: "stay: emit",
  heard: STAY,
  exit: "ended: finish completed 7 by exit-frame",
  "error frame": "stay: (server-message)",
  "liveness answer": STAY,
  "unknown frame": "stay: (unknown-frame)",
  verdict: "stay: (verdict)",
};

type Closed = "closed 1006" | "could not open" | "refused 404" | "refused 409";
const closed = (all: string): Cells<Closed> => ({
  "closed 1006": all,
  "could not open": all,
  "refused 404": all,
  "refused 409": all,
});

type Status = "status running" | "status terminal" | "status gone" | "status denied" | "status unavailable";
const NO_STATUS: Cells<Status> = {
  "status running": STAY,
  "status terminal": STAY,
  "status gone": STAY,
  "status denied": STAY,
  "status unavailable": STAY,
};

type Timer = "timer open" | "timer backoff" | "timer silence" | "timer answer" | "timer grace";
const NO_TIMERS: Cells<Timer> = {
  "timer open": STAY,
  "timer backoff": STAY,
  "timer silence": STAY,
  "timer answer": STAY,
  "timer grace": STAY,
};

type WakeUp = "a look" | "a nap" | "a deep sleep";
const NO_WAKE: Cells<WakeUp> = { "a look": STAY, "a nap": STAY, "a deep sleep": STAY };
const WAKE_WITHOUT_USE: Cells<WakeUp> = {
  ...NO_WAKE,
  "a nap": "stay: (woke)",
  "a deep sleep": "stay: (woke)",
};
const wakeUp = (all: string): Cells<WakeUp> => ({
  "a look": all,
  "a nap": all.replace(": ", ": (woke), "),
  "a deep sleep": all.replace(": ", ": (woke), "),
});
const CHECK_AGAIN: Cells<WakeUp> = {
  "a look": STAY,
  "a nap": "stay: (woke), (checking), sendLivenessProbe, +answer 3000, probe",
  "a deep sleep": "stay: (woke), (checking), sendLivenessProbe, +answer 400, probe",
};
const ASK_AGAIN: Cells<WakeUp> = {
  "a look": STAY,
  "a nap": "stay: (woke), probe",
  "a deep sleep": "stay: (woke), probe",
};

/** What every state makes of every event: the state it leads to and the actions, in order. */
export const TABLE: Record<StateCase, Row> = {
  idle: {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    start: "connecting: attach, +open 10000",
    ...NO_WAKE,
  },
  connecting: {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    opened: "attached: -timers, sendResize, sendStdinEof, +silence 20000, (connected)",
    "timer open": "probing: discard, (disconnected), probe",
    ...WAKE_WITHOUT_USE,
    "a deep sleep": "stay: (woke), attach, +open 10000",
  },
  "connecting to drain": {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed("waiting to drain: -timers, (disconnected), (reconnecting), +backoff 75"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    opened: "attached to drain: -timers, sendResize, sendStdinEof, +grace 5000, (connected)",
    "refused 404": "ended: -timers, (disconnected), finish completed 42 by status",
    "timer open": "waiting to drain: discard, (disconnected), (reconnecting), +backoff 75",
    ...WAKE_WITHOUT_USE,
    "a deep sleep": "stay: (woke), attach, +open 10000",
  },
  "connecting to verify": {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed("waiting to verify: -timers, (disconnected), (reconnecting), +backoff 75"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    opened: "attached to verify: -timers, sendResize, sendStdinEof, +grace 5000, (connected)",
    "refused 404": "ended: -timers, (disconnected), finish completed 7 by exit-frame",
    "timer open": "waiting to verify: discard, (disconnected), (reconnecting), +backoff 75",
    ...WAKE_WITHOUT_USE,
    "a deep sleep": "stay: (woke), attach, +open 10000",
  },
  attached: {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer silence": "checking: (checking), sendLivenessProbe, +answer 10000, probe",
    "a look": "checking: (checking), sendLivenessProbe, +answer 3000, probe",
    "a nap": "checking: (woke), (checking), sendLivenessProbe, +answer 3000, probe",
    "a deep sleep": "checking: (woke), (checking), sendLivenessProbe, +answer 400, probe",
  },
  "attached, with pings": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer silence": "checking: (checking), sendPing, +answer 10000, probe",
    "a look": "checking: (checking), sendPing, +answer 3000, probe",
    "a nap": "checking: (woke), (checking), sendPing, +answer 3000, probe",
    "a deep sleep": "checking: (woke), (checking), sendPing, +answer 400, probe",
  },
  "attached to drain": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("waiting to drain: -timers, (disconnected), (reconnecting), +backoff 75"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer grace": "waiting to drain: discard, (reconnecting), +backoff 75",
    ...WAKE_WITHOUT_USE,
  },
  "attached to verify": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("waiting to verify: -timers, (disconnected), (reconnecting), +backoff 75"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer grace": "waiting to verify: discard, (reconnecting), +backoff 75",
    ...WAKE_WITHOUT_USE,
  },
  checking: {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "status running": "stay: (status running)",
    "status terminal": "concluding: -timers, (status completed), +grace 5000",
    "status gone": "concluding: -timers, (status gone), +grace 5000",
    "status denied": "stay: (status denied)",
    "status unavailable": "stay: (status unavailable)",
    "timer answer": "waiting: -timers, (checked), discard, (disconnected), (reconnecting), +backoff 75",
    ...CHECK_AGAIN,
  },
  "checking, status known": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    output: "attached: emit, -timers, (checked), +silence 20000",
    heard: "attached: -timers, (checked), +silence 20000",
    "error frame": "attached: (server-message), -timers, (checked), +silence 20000",
    "liveness answer": "attached: -timers, (checked), +silence 20000",
    "unknown frame": "attached: (unknown-frame), -timers, (checked), +silence 20000",
    "status running": "stay: (status running)",
    "status terminal": "concluding: -timers, (status completed), +grace 5000",
    "status gone": "concluding: -timers, (status gone), +grace 5000",
    "status denied": "stay: (status denied)",
    "status unavailable": "stay: (status unavailable)",
    "timer answer": "waiting: -timers, (checked), discard, (disconnected), (reconnecting), +backoff 75",
    ...CHECK_AGAIN,
  },
  "checking, answered": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "status running": "attached: (status running), -timers, (checked), +silence 20000",
    "status terminal": "concluding: -timers, (status completed), +grace 5000",
    "status gone": "concluding: -timers, (status gone), +grace 5000",
    "status denied": "attached: (status denied), -timers, (checked), +silence 20000",
    "status unavailable": "attached: (status unavailable), -timers, (checked), +silence 20000",
    ...CHECK_AGAIN,
  },
  "checking by status only": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("probing: -timers, (disconnected), probe"),
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "status running": "attached: (status running), -timers, (checked), +silence 20000",
    "status terminal": "concluding: -timers, (status completed), +grace 5000",
    "status gone": "concluding: -timers, (status gone), +grace 5000",
    "status denied": "attached: (status denied), -timers, (checked), +silence 20000",
    "status unavailable": "attached: (status unavailable), -timers, (checked), +silence 20000",
    ...CHECK_AGAIN,
  },
  concluding: {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("connecting to drain: -timers, (disconnected), attach, +open 10000"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer grace": "connecting to drain: -timers, discard, attach, +open 10000",
    ...WAKE_WITHOUT_USE,
  },
  "concluding, gone": {
    ...NOT_STARTED,
    ...FRAMES,
    ...closed("ended: (disconnected), fail gone"),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS_WHEN_OPEN,
    "timer grace": "ended: discard, fail gone",
    ...WAKE_WITHOUT_USE,
  },
  probing: {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_TIMERS,
    ...USER_CALLS,
    "status running": "waiting: (status running), (reconnecting), +backoff 75",
    "status terminal": "connecting to drain: (status completed), attach, +open 10000",
    "status gone": "ended: (status gone), fail gone",
    "status denied": "ended: (status denied), fail denied",
    "status unavailable": "waiting: (status unavailable), (reconnecting), +backoff 75",
    ...ASK_AGAIN,
  },
  "probing after a kill": {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_TIMERS,
    ...USER_CALLS,
    "status running": "waiting: (status running), (reconnecting), +backoff 75",
    "status terminal": "connecting to drain: (status completed), attach, +open 10000",
    "status gone": "ended: (status gone), finish killed null by kill",
    "status denied": "ended: (status denied), fail denied",
    "status unavailable": "waiting: (status unavailable), (reconnecting), +backoff 75",
    ...ASK_AGAIN,
  },
  waiting: {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    "timer backoff": "connecting: attach, +open 10000",
    ...wakeUp("connecting: -timers, attach, +open 10000"),
  },
  "waiting to drain": {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    "timer backoff": "connecting to drain: attach, +open 10000",
    ...wakeUp("connecting to drain: -timers, attach, +open 10000"),
  },
  "waiting to verify": {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    "timer backoff": "connecting to verify: attach, +open 10000",
    ...wakeUp("connecting to verify: -timers, attach, +open 10000"),
  },
  ended: {
    ...NOT_STARTED,
    ...NO_FRAMES,
    ...closed(STAY),
    ...NO_STATUS,
    ...NO_TIMERS,
    ...USER_CALLS,
    verdict: STAY,
    abort: STAY,
    detach: STAY,
    ...NO_WAKE,
  },
};
