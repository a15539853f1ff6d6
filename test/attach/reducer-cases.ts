import type { Event, ReducerOptions, Session, State } from "../../src/attach/reducer/state.ts";
import type { TerminalStatus } from "../../src/attach/status.ts";

/** The states and events that the transition table of the reducer is about, each as one representative value. */

export const OPTIONS: ReducerOptions = {
  reconnectBudget: 60_000,
  backoffBase: 100,
  backoffCap: 4_000,
  openTimeout: 10_000,
  silence: 20_000,
  inBandProbe: true,
  statusProbe: true,
  answerTimeout: 10_000,
  exitGrace: 5_000,
  verify: false,
};

export const NOW = 1_000_000;

export const TERMINAL: TerminalStatus = {
  kind: "terminal",
  status: "completed",
  exitCode: 42,
  message: null,
};

export const SESSION: Session = {
  stdinClosed: true,
  size: { cols: 80, rows: 24 },
  killed: false,
  discontinuous: false,
  attaches: 1,
  signless: 0,
  outage: {
    cause: { kind: "closed", code: 1006, message: "" },
    attempts: 1,
    backoffs: 1,
    unopened: 0,
    reachable: null,
    spent: 0,
    countedTo: NOW - 1_000,
  },
  orphanedAt: NOW - 2_000,
  answersProbes: "yes",
};

const session = SESSION;
const link = { since: NOW - 1_000, pings: false, heard: false, progress: false };
const hurried = false;
const follow = { kind: "follow" } as const;
const fallback = {
  status: "completed",
  exitCode: 42,
  source: "status",
  complete: false,
  message: null,
} as const;
const drain = { kind: "drain", fallback, fruitless: 0 } as const;
const proof = { ...fallback, exitCode: 7, source: "exit-frame", complete: true } as const;
const verify = { kind: "verify", fallback: proof, fruitless: 0 } as const;
const moment = { now: NOW, random: 0.5, quiet: 500 };

export const STATES = {
  idle: { name: "idle", session },
  connecting: { name: "connecting", session, purpose: follow },
  "connecting to drain": { name: "connecting", session, purpose: drain },
  "connecting to verify": { name: "connecting", session, purpose: verify },
  attached: { name: "attached", session, purpose: follow, link },
  "attached, with pings": { name: "attached", session, purpose: follow, link: { ...link, pings: true } },
  "attached to drain": { name: "attached", session, purpose: drain, link },
  "attached to verify": { name: "attached", session, purpose: verify, link },
  checking: { name: "checking", session, link, inBand: "pending", status: "pending", hurried },
  "checking, status known": {
    name: "checking",
    session,
    link,
    inBand: "pending",
    status: "running",
    hurried,
  },
  "checking, answered": { name: "checking", session, link, inBand: "answered", status: "pending", hurried },
  "checking by status only": { name: "checking", session, link, inBand: "off", status: "pending", hurried },
  concluding: { name: "concluding", session, link, conclusion: TERMINAL },
  "concluding, gone": { name: "concluding", session, link, conclusion: { kind: "gone", message: "404" } },
  probing: { name: "probing", session },
  "probing after a kill": { name: "probing", session: { ...session, killed: true } },
  waiting: { name: "waiting", session, purpose: follow },
  "waiting to drain": { name: "waiting", session, purpose: drain },
  "waiting to verify": { name: "waiting", session, purpose: verify },
  ended: { name: "ended", session },
} as const satisfies Record<string, State>;

export const EVENTS = {
  start: { type: "start", now: NOW },
  opened: { type: "opened", pings: false, now: NOW },
  output: { type: "output", stream: "stdout", bytes: new Uint8Array([1]) },
  heard: { type: "heard" },
  exit: { type: "exit", exitCode: 7, now: NOW },
  "error frame": { type: "serverError", message: "no such signal", code: null },
  "liveness answer": { type: "livenessAnswer" },
  "unknown frame": { type: "unknownFrame", detail: "a binary frame of channel 9" },
  verdict: { type: "verdict", stream: "stdout", position: 5, verdict: { kind: "gap", missing: 0 } },
  "closed 1006": {
    type: "closed",
    cause: { kind: "closed", code: 1006, message: "" },
    behind: false,
    ...moment,
  },
  "could not open": { type: "closed", cause: { kind: "failed", message: "" }, behind: false, ...moment },
  "refused 404": {
    type: "closed",
    cause: { kind: "refused", status: 404, message: "" },
    behind: false,
    ...moment,
  },
  "refused 409": {
    type: "closed",
    cause: { kind: "refused", status: 409, message: "" },
    behind: false,
    ...moment,
  },
  "status running": { type: "status", report: { kind: "running" }, ...moment },
  "status terminal": { type: "status", report: TERMINAL, ...moment },
  "status gone": { type: "status", report: { kind: "gone", message: "404" }, ...moment },
  "status denied": { type: "status", report: { kind: "denied", message: "401" }, ...moment },
  "status unavailable": { type: "status", report: { kind: "unavailable", message: "503" }, ...moment },
  "timer open": { type: "timer", timer: "open", ...moment },
  "timer backoff": { type: "timer", timer: "backoff", ...moment },
  "timer silence": { type: "timer", timer: "silence", ...moment },
  "timer answer": { type: "timer", timer: "answer", ...moment },
  "timer grace": { type: "timer", timer: "grace", ...moment },
  "a look": { type: "wake", slept: 0, ...moment },
  // Longer than a connection of these cases has been open.
  "a nap": { type: "wake", slept: 900, ...moment },
  "a deep sleep": { type: "wake", slept: 240_000, ...moment, now: NOW + 240_000, quiet: 240_000 },
  "stdin eof": { type: "stdinEof" },
  resize: { type: "resize", size: { cols: 120, rows: 40 } },
  killed: { type: "killed" },
  abort: { type: "abort", reason: new Error("the user's") },
  detach: { type: "detach" },
} as const satisfies Record<string, Event>;

export type StateCase = keyof typeof STATES;
export type EventCase = keyof typeof EVENTS;

/** Does not compile when a state or an event of the reducer has no case here. */
type Covered<All extends string, Cases extends string> = Exclude<All, Cases> extends never ? true : never;
export const EVERY_STATE_HAS_A_CASE: Covered<State["name"], (typeof STATES)[StateCase]["name"]> = true;
export const EVERY_EVENT_HAS_A_CASE: Covered<Event["type"], (typeof EVENTS)[EventCase]["type"]> = true;
