import type { Cause, ExecutionEvent, Obstacle } from "../events.ts";
import type { ExecutionExit } from "../exit.ts";
import type { OutputName, TerminalSize } from "../frames.ts";
import type { Verdict } from "../replay/verdict.ts";
import type { StatusReport, TerminalStatus } from "../status.ts";
import type { Disconnect } from "../transport.ts";

/** The times the reducer works with, in milliseconds. */
export interface ReducerOptions {
  /** How long an outage may last before the execution is given up. */
  readonly reconnectBudget: number;
  /** The first backoff; doubled per attempt, with jitter between a half and the whole. */
  readonly backoffBase: number;
  readonly backoffCap: number;
  /** How long a handshake may take. */
  readonly openTimeout: number;
  /** How long nothing may be heard before the connection is checked; null: it never is. */
  readonly silence: number | null;
  /** What a check asks: over the socket (where it has no pings, which are always used), and the REST status. */
  readonly inBandProbe: boolean;
  readonly statusProbe: boolean;
  /** How long the answer to a ping or an in-band probe may take. */
  readonly answerTimeout: number;
  /** Whether an exit frame is followed by one more attach, which compares the backlog with what was delivered. */
  readonly verify: boolean;
  /** How long an exit frame may take once the status says that the process has ended, counted from the last frame. */
  readonly exitGrace: number;
}

/**
 * Why a connection is wanted: to follow a process; to drain what an ended one left in the backlog; or, after its exit frame, to
 * verify that the backlog holds what was delivered.
 */
export type Purpose = { readonly kind: "follow" } | Fetch;

/** A connection on which all is replay. */
export interface Fetch {
  readonly kind: "drain" | "verify";
  /** The result, should it not lead to an exit frame. */
  readonly fallback: Conclusion;
  /** Connections in a row that brought neither a new byte nor the exit frame. */
  readonly fruitless: number;
}

/** What is remembered over all connections. */
export interface Session {
  readonly stdinClosed: boolean;
  readonly size: TerminalSize | null;
  /** The server acknowledged a kill: the execution is evicted, and a later 404 is its end, not a loss. */
  readonly killed: boolean;
  readonly discontinuous: boolean;
  /** Connections that opened. */
  readonly attaches: number;
  /** The outage that is going on, or that was last. */
  readonly outage: Outage;
  /** When the server was last known to have us attached: the last sign of life on a connection. Null before the first. */
  readonly orphanedAt: number | null;
  /** Connections and checks in a row in which the server gave no sign of life at all: no frame, and no status. */
  readonly signless: number;
  /** Whether this server answers in-band probes; "no" after two went unanswered in a row, and none ever was answered. */
  readonly answersProbes: "unknown" | "doubted" | "yes" | "no";
}

/** A time without a connection that was of use. */
export interface Outage {
  /** Why the last connection ended, or did not come to be. */
  readonly cause: Cause | null;
  readonly attempts: number;
  /** Attempts since it began, or since the last wake-up: the next backoff follows from it. */
  readonly backoffs: number;
  /** Connections in a row that did not open. */
  readonly unopened: number;
  /** Whether the status could be had when it was last asked for. */
  readonly reachable: boolean | null;
  /** Milliseconds of the budget that were spent until `countedTo`. */
  readonly spent: number;
  readonly countedTo: number;
}

/** What is remembered of the open connection. */
export interface Link {
  readonly since: number;
  /** It can send pings. */
  readonly pings: boolean;
  /** It brought any frame. */
  readonly heard: boolean;
  /** It brought bytes that had not been delivered before. */
  readonly progress: boolean;
}

/**
 * ```text
 *  idle ─▶ connecting ─▶ attached ◀─▶ checking
 *             ▲   │        │   │         │
 *             │   │        │   └────▶ concluding ──┐
 *             │   ▼        ▼                       │
 *  waiting ◀──┼─ probing ◀─┘                       │
 *     └───────┘     │                              ▼
 *                   └──────────────────────────▶ ended      (exit frame, abort and detach lead there from anywhere)
 * ```
 */
export type State =
  | { readonly name: "idle"; readonly session: Session }
  /** A connection is being opened. */
  | { readonly name: "connecting"; readonly session: Session; readonly purpose: Purpose }
  | { readonly name: "attached"; readonly session: Session; readonly purpose: Purpose; readonly link: Link }
  /** Attached, but nothing was heard for a while: an in-band probe and a status request are out. */
  | {
      readonly name: "checking";
      readonly session: Session;
      readonly link: Link;
      /** The ping or in-band probe; `off`: none was sent. */
      readonly inBand: "pending" | "answered" | "off";
      /** `unknown`: it could not be had, or is not to be asked for. */
      readonly status: "pending" | "running" | "unknown";
      /** After a wake-up an answer has less time, and none says nothing about whether this server gives any. */
      readonly hurried: boolean;
    }
  /** Attached, but the status says that it is over: the exit frame has a last chance. */
  | {
      readonly name: "concluding";
      readonly session: Session;
      readonly link: Link;
      readonly conclusion: Extract<StatusReport, { kind: "terminal" | "gone" }>;
    }
  /** Not connected; the status has been asked for. */
  | { readonly name: "probing"; readonly session: Session }
  /** Not connected; backing off. */
  | { readonly name: "waiting"; readonly session: Session; readonly purpose: Purpose }
  | { readonly name: "ended"; readonly session: Session };

/** `silence` and `grace` are due when nothing was heard for their time; the others, when it has passed. */
export type Timer = "open" | "backoff" | "silence" | "answer" | "grace";

/** Everything that can happen. Time and chance come in with the event: the reducer has neither. */
export type Event =
  | { readonly type: "start"; readonly now: number }
  /** `pings`: whether this connection can send pings. */
  | { readonly type: "opened"; readonly pings: boolean; readonly now: number }
  /** Bytes that were not delivered before, as the positioner found them. */
  | { readonly type: "output"; readonly stream: OutputName; readonly bytes: Uint8Array }
  /** A frame that brought nothing to deliver (replayed bytes, or an empty one), a ping or a pong. */
  | { readonly type: "heard" }
  | { readonly type: "exit"; readonly exitCode: number | null; readonly now: number }
  | { readonly type: "serverError"; readonly message: string; readonly code: string | null }
  | { readonly type: "livenessAnswer" }
  | { readonly type: "unknownFrame"; readonly detail: string }
  /** What is known of a place where a replay joins, as the positioner found it. */
  | {
      readonly type: "verdict";
      readonly stream: OutputName;
      readonly position: number;
      readonly verdict: Verdict;
    }
  /** `behind`: its replay was cut before it got to what was delivered already, so that there may be more. */
  | ({ readonly type: "closed"; readonly cause: Disconnect; readonly behind: boolean } & Moment)
  | ({ readonly type: "status"; readonly report: StatusReport } & Moment)
  | ({ readonly type: "timer"; readonly timer: Timer } & Moment)
  /** The machine or the page may have slept: for `slept` milliseconds, or 0 where it is only worth a look. */
  | ({ readonly type: "wake"; readonly slept: number } & Moment)
  | { readonly type: "stdinEof" }
  | { readonly type: "resize"; readonly size: TerminalSize }
  | { readonly type: "killed" }
  | { readonly type: "abort"; readonly reason: unknown }
  | { readonly type: "detach" };

/** Why an execution could not be followed to its end. The pump makes a typed error of it. */
export type Failure =
  | { readonly kind: "gone"; readonly message: string }
  | { readonly kind: "denied"; readonly message: string; readonly cause?: unknown }
  | {
      readonly kind: "lost";
      readonly attempts: number;
      readonly budget: number;
      readonly cause: Cause | null;
      readonly obstacle: Obstacle;
    }
  | { readonly kind: "aborted"; readonly reason: unknown }
  | { readonly kind: "detached" };

/** How it ended, as the server put it. */
export interface Conclusion extends Pick<ExecutionExit, "exitCode" | "source" | "complete" | "message"> {
  readonly status: TerminalStatus["status"];
}

/** Everything the pump does. */
export type Action =
  | { readonly type: "attach" }
  /** Abandons the connection: nothing that it brings is heard any more. */
  | { readonly type: "discard" }
  | { readonly type: "probe" }
  | { readonly type: "startTimer"; readonly timer: Timer; readonly delay: number }
  /** All of them. */
  | { readonly type: "stopTimers" }
  | { readonly type: "sendResize"; readonly size: TerminalSize }
  | { readonly type: "sendStdinEof" }
  | { readonly type: "sendLivenessProbe" }
  | { readonly type: "sendPing" }
  | { readonly type: "emit"; readonly stream: OutputName; readonly bytes: Uint8Array }
  | { readonly type: "report"; readonly event: ExecutionEvent }
  /** The last action, or the next: the pump leaves no connection, probe or timer behind. */
  | { readonly type: "finish"; readonly conclusion: Conclusion }
  | { readonly type: "fail"; readonly failure: Failure };

export interface Transition {
  readonly state: State;
  readonly actions: readonly Action[];
}

/** The state before `start`. */
export function initialState(size: TerminalSize | null): State {
  return {
    name: "idle",
    session: {
      stdinClosed: false,
      size,
      killed: false,
      discontinuous: false,
      attaches: 0,
      signless: 0,
      outage: {
        ...{ cause: null, attempts: 0, backoffs: 0, unopened: 0 },
        ...{ reachable: null, spent: 0, countedTo: 0 },
      },
      orphanedAt: null,
      answersProbes: "unknown",
    },
  };
}

/** Whether what is sent now reaches an open connection. */
export function isOpen(state: State): state is Open {
  return "link" in state;
}

export type In<Name extends State["name"]> = Extract<State, { name: Name }>;

/** The states in which a connection is open. */
export type Open = In<"attached" | "checking" | "concluding">;

/** When something happened, and the chance that goes with it. */
export interface Moment {
  readonly now: number;
  readonly random: number;
  /** Milliseconds since the last sign of life on the connection, or since it was begun to be opened. */
  readonly quiet: number;
}
