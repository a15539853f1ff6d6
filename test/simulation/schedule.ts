import type { OutputName } from "../../src/attach/frames.ts";
import type { AmbiguityPolicy } from "../../src/attach/replay/verdict.ts";
import { type Choices, choicesFromSeed, choicesFromTape, pick } from "./choices.ts";
import { type Content, DISTINCT, REPEATING } from "./corpus.ts";
import type { Dialect } from "./server-stream.ts";

/** How somebody reads a stream. */
export type Consumer = "eager" | "slow" | "never" | "cancels";

/** What is the same for a whole run. Times are in milliseconds, sizes in bytes. */
export interface Settings {
  /** The pump alone with a small backlog, or the whole attachment, streams included, with the real one. */
  readonly level: "pump" | "attachment";
  readonly dialect: Dialect;
  readonly capacity: number;
  readonly chunk: number;
  /** Chunks that wait for a slow client before the server drops output; null: it never does. */
  readonly liveQueue: number | null;
  readonly latency: number;
  /** How long the slot of a cut connection stays taken. */
  readonly slotHold: number;
  /** How long after the end of the process its last output arrives. */
  readonly drainLag: number;
  readonly answersProbes: boolean;
  readonly ambiguity: AmbiguityPolicy;
  readonly verify: boolean;
  readonly strict: boolean;
  readonly liveness: boolean;
  readonly reconnectBudget: number;
  readonly maxBufferedBytes: number;
  readonly consumers: Readonly<Record<OutputName, Consumer>>;
  /** After the last step: the process ends, or goes on until the user lets go; or the server is never reached again. */
  readonly ending: "exit" | "goes-on" | "unreachable";
}

export type Refusal = 401 | 404 | 409 | 503 | "failed" | "unanswered";

export type Action =
  | {
      readonly kind: "write";
      readonly stream: OutputName;
      /** It goes on where the last piece of its kind ended. */
      readonly content: Content;
      readonly length: number;
    }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "cut"; readonly code: number }
  | { readonly kind: "cutAfter"; readonly frames: number; readonly code: number }
  /** Between two frames of the connection nothing comes for a while, as if a packet was lost there. */
  | { readonly kind: "pauseAfter"; readonly frames: number; readonly lasts: number }
  | { readonly kind: "halfOpen"; readonly lasts: number }
  | { readonly kind: "stall"; readonly lasts: number }
  | { readonly kind: "refuse"; readonly count: number; readonly how: Refusal }
  | { readonly kind: "probeFault"; readonly count: number; readonly how: "unavailable" | "denied" | "slow" }
  | { readonly kind: "swallowExit"; readonly count: number }
  | { readonly kind: "restart" }
  | { readonly kind: "noise"; readonly what: "error" | "unknown" | "empty" | "channel" }
  | { readonly kind: "stdin" }
  | { readonly kind: "stdinClose" }
  | { readonly kind: "resize"; readonly cols: number }
  | { readonly kind: "kill" }
  | { readonly kind: "detach" }
  | { readonly kind: "abort" };

export interface Step {
  /** Milliseconds after the step before. */
  readonly after: number;
  readonly action: Action;
}

export interface Schedule {
  readonly settings: Settings;
  readonly steps: readonly Step[];
}

export const MOST_STEPS = 16;

/** The schedule of a seed. */
export function scheduleOfSeed(seed: number): Schedule {
  const choices = choicesFromSeed(seed);
  const settings = drawSettings(choices);
  const count = 2 + choices.below(MOST_STEPS - 1);
  const steps: Step[] = [];
  for (let step = 0; step < count; step += 1) steps.push(drawStep(choices, settings));
  return { settings, steps };
}

/** The schedule of numbers that can be shrunk: a tape for the settings, and one for each step. */
export function scheduleOfTapes([first = [], ...rest]: readonly (readonly number[])[]): Schedule {
  const settings = drawSettings(choicesFromTape(first));
  return { settings, steps: rest.map((tape) => drawStep(choicesFromTape(tape), settings)) };
}

function drawSettings(choices: Choices): Settings {
  // Streams cost five times as much as all the rest, and are the same code for all.
  const level = choices.below(12) < 11 ? "pump" : "attachment";
  const dialect = pick<Dialect>(choices, ["runner", "serve"]);
  const liveQueue = pick(choices, [null, null, null, null, 4, 16]);
  const latency = pick(choices, [1, 1, 20, 150, 900]);
  const chunk = pick(choices, [1_024, 1_024, 1_024, 200, 3_000]);
  const slotHold = pick(choices, [0, 0, 50, 3_000, 45_000]);
  const drainLag = pick(choices, [0, 0, 2, 60]);
  const answersProbes = pick(choices, [true, true, true, true, true, false]);
  const ambiguity = pick<AmbiguityPolicy>(choices, ["repeat", "repeat", "skip"]);
  const verify = pick(choices, [false, false, true]);
  const strict = level === "attachment" && pick(choices, [false, false, true]);
  const liveness = pick(choices, [true, true, true, false]);
  const reconnectBudget = pick(choices, [30_000, 30_000, 30_000, 30_000, 240_000, 8_000, 0]);
  const maxBufferedBytes = pick(choices, [1 << 24, 1 << 24, 20_000, 300]);
  const consumer = () => pick<Consumer>(choices, ["eager", "eager", "eager", "slow", "never", "cancels"]);
  const read = { stdout: consumer(), stderr: consumer() };
  const consumers: Settings["consumers"] = level === "pump" ? { stdout: "eager", stderr: "eager" } : read;
  const ending = pick<Settings["ending"]>(choices, [
    "exit",
    "exit",
    "exit",
    "exit",
    "exit",
    "exit",
    "goes-on",
    "unreachable",
  ]);
  return {
    level,
    dialect,
    liveQueue,
    latency,
    chunk,
    slotHold,
    drainLag,
    answersProbes,
    ambiguity,
    verify,
    strict,
    liveness,
    reconnectBudget,
    maxBufferedBytes,
    consumers,
    ending,
    capacity: level === "pump" ? 16_384 : 262_144,
  };
}

function drawStep(choices: Choices, settings: Settings): Step {
  const after = pick(
    choices,
    [0, 0, 1, 5, 5, 40, 40, 300, 300, 2_500, 2_500, 12_000, 12_000, 31_000, 130_000],
  );
  return { after, action: drawAction(choices, settings) };
}

type ActionKind = Action["kind"];

/** As often as it stands here. */
const ACTIONS: readonly [ActionKind, ...ActionKind[]] = [
  ...repeat("write", 40),
  ...repeat("cut", 16),
  ...repeat("cutAfter", 12),
  ...repeat("pauseAfter", 4),
  ...repeat("halfOpen", 4),
  ...repeat("stall", 5),
  ...repeat("refuse", 5),
  ...repeat("probeFault", 3),
  ...repeat("exit", 3),
  ...repeat("swallowExit", 3),
  ...repeat("noise", 3),
  ...repeat("stdin", 3),
  ...repeat("resize", 2),
  "stdinClose",
  "restart",
  "kill",
  "detach",
  "abort",
];

function repeat(kind: ActionKind, times: number): [ActionKind, ...ActionKind[]] {
  return [kind, ...new Array<ActionKind>(times - 1).fill(kind)];
}

const CLOSE_CODES = [1006, 1006, 1006, 1000, 1001, 1005, 1011, 1012] as const;

/** Before or behind which a fault happens. */
const FRAMES = [1, 2, 3, 5, 9, 14] as const;

function drawAction(choices: Choices, settings: Settings): Action {
  const kind = pick(choices, ACTIONS);
  switch (kind) {
    case "write":
      return drawWrite(choices, settings);
    case "exit":
      return { kind, code: pick(choices, [0, 0, 1, 137, -9, -1]) };
    case "cut":
      return { kind, code: pick(choices, CLOSE_CODES) };
    case "cutAfter":
      return { kind, frames: pick(choices, FRAMES), code: pick(choices, CLOSE_CODES) };
    case "pauseAfter":
      return { kind, frames: pick(choices, FRAMES), lasts: pick(choices, [300, 2_500, 9_000]) };
    case "halfOpen":
    case "stall": {
      const lasts = pick(choices, [700, 2_500, 9_000, 40_000, 600_000]);
      return { kind, lasts: kind === "stall" ? Math.min(lasts, 40_000) : lasts };
    }
    case "refuse":
      return {
        kind,
        count: pick(choices, [1, 1, 2, 6]),
        how: pick<Refusal>(choices, [409, 503, 503, "failed", "unanswered", 401, 404]),
      };
    case "probeFault":
      return {
        kind,
        count: pick(choices, [1, 1, 3]),
        how: pick(choices, ["unavailable", "unavailable", "slow", "denied"]),
      };
    case "swallowExit":
      return { kind, count: pick(choices, [1, 1, 2, 5]) };
    case "noise":
      return { kind, what: pick(choices, ["error", "unknown", "empty", "channel"]) };
    case "resize":
      return { kind, cols: 1 + choices.below(200) };
    case "stdin":
    case "stdinClose":
    case "restart":
    case "kill":
    case "detach":
    case "abort":
      return { kind };
  }
}

function drawWrite(choices: Choices, { capacity }: Settings): Action {
  const stream = pick<OutputName>(choices, ["stdout", "stdout", "stdout", "stderr"]);
  // The second choice makes a stream of one kind likely, and mixtures possible.
  const content: Content = pick(choices, [
    DISTINCT[0],
    ...DISTINCT,
    ...DISTINCT,
    pick(choices, REPEATING),
    pick(choices, REPEATING),
  ]);
  const most = pick(choices, [
    3,
    40,
    40,
    40,
    900,
    900,
    900,
    900,
    900,
    3_000,
    3_000,
    3_000,
    3_000,
    12_000,
    12_000,
    pick(choices, [12_000, LARGE, LARGER]),
  ]);
  const length = most < 0 ? Math.min(Math.floor(-most * capacity), 400_000) : 1 + choices.below(most);
  return { kind: "write", stream, content, length };
}

/** Backlogs, where a number of bytes would be positive. */
const LARGE = -1.3;
const LARGER = -2.7;
