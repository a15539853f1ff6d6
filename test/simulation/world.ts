import type { Clock } from "../../src/attach/clock.ts";
import type { OutputName } from "../../src/attach/frames.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { choicesFromSeed } from "./choices.ts";
import { type Content, contentFrom, isDistinct } from "./corpus.ts";
import { type Follower, follow, type Result } from "./follower.ts";
import { checkEnd, checkEvent, checkProgress } from "./invariants.ts";
import { createNetwork, type Network } from "./network.ts";
import type { Action, Schedule, Settings } from "./schedule.ts";
import { createServer, type Server } from "./server.ts";
import { createStreamRecord, type StreamRecord, type VerdictEvent } from "./truth.ts";

/** What happened in a run, and what its checks found. */
export interface Run {
  readonly settings: Settings;
  readonly server: Server;
  readonly streams: Readonly<Record<OutputName, StreamRecord>>;
  /** What the follower said in the end; once, or it is a violation. */
  readonly results: Result[];
  readonly violations: string[];
  /** Streams on which content was joined in a wrong place, because the process wrote it twice. */
  readonly coincidences: Set<OutputName>;
  /** Wrong places that SPEC.md says cannot be told, by the reason. */
  readonly knownLimits: Map<string, number>;
  /** The user has ended it, or killed it. */
  readonly user: { letGo: boolean; killed: boolean };
  /** Checks that the network has swallowed, after which a connection was given up, and whether the last status was `running`. */
  readonly checks: { lost: number; running: boolean };
  /** All that was written is of kinds that do not repeat themselves. */
  distinct: boolean;
  readonly connections: number;
  readonly now: number;
  /** See {@link Network.impairedUntil}. */
  readonly impairedUntil: number;
}

/** A run of a schedule that can be moved on. */
export interface World {
  readonly run: Run;
  /** Moves on to what happens next, and checks. False: it is over. */
  step(): boolean;
  /** Whether microtasks have to run before the next step. */
  readonly asynchronous: boolean;
}

/** Long enough for any budget, backoff, slot and retention together. */
const MUST_END_WITHIN = 1_800_000;
const QUIET = 95_000;
/** Turns of the event loop in which a stream that is over must have been read. */
const MOST_TURNS = 2_000;
const STREAMS: readonly OutputName[] = ["stdout", "stderr"];

export function createWorld(schedule: Schedule): World {
  const { settings, steps } = schedule;
  const jitter = choicesFromSeed(steps.length);
  const clock = createVirtualClock(() => jitter.below(1_000) / 1_000);
  const records = { stdout: createStreamRecord("stdout"), stderr: createStreamRecord("stderr") };
  const results: Result[] = [];
  const violations: string[] = [];
  const user = { letGo: false, killed: false };
  const cursors = new Map<Content, number>();
  let clientTimers = 0;
  let connections = 0;
  let nextStep = 0;
  let deadline = Number.POSITIVE_INFINITY;
  let quietUntil = Number.POSITIVE_INFINITY;
  let turnNeeded = false;
  let stdinWrites = 0;
  let stdinSeen = 0;
  let eofWanted = false;
  let turns = 0;
  let phase: "running" | "reading" | "over" = "running";

  const clientClock: Clock = {
    now: clock.now,
    random: clock.random,
    after(delay, callback) {
      clientTimers += 1;
      let running = true;
      const stop = clock.after(delay, () => {
        running = false;
        clientTimers -= 1;
        callback();
      });
      return () => {
        if (running) clientTimers -= 1;
        running = false;
        stop();
      };
    },
  };

  const server = createServer(settings, clock.after);
  const network: Network = createNetwork(settings, server, clock, {
    opening() {
      connections += 1;
      if (results.length > 0) violations.push("I5: a connection is opened after the end");
      for (const stream of STREAMS) records[stream].open();
    },
    received: (stream, span) => records[stream].accounts.at(-1)?.received.push(span),
    sent(data) {
      if (typeof data === "string") {
        if (data.includes("stdin_eof") && !eofWanted) violations.push("stdin: closed by nobody");
        return;
      }
      for (const byte of data) {
        if (byte <= stdinSeen) violations.push(`stdin: write ${byte} arrives after ${stdinSeen}`);
        stdinSeen = byte;
      }
    },
    answered() {
      turnNeeded = true;
    },
  });

  const run: Run = {
    settings,
    server,
    streams: records,
    results,
    violations,
    coincidences: new Set(),
    checks: { lost: 0, running: false },
    knownLimits: new Map(),
    user,
    distinct: true,
    get connections() {
      return connections;
    },
    get now() {
      return clock.now();
    },
    get impairedUntil() {
      return network.impairedUntil;
    },
  };

  const follower: Follower = follow({
    settings,
    transport: network.transport,
    probe: network.probe,
    clock: clientClock,
    watch: {
      bytes(stream, bytes) {
        records[stream].append(bytes);
      },
      streamEnd(stream, error) {
        if (records[stream].ended !== null && !records[stream].cancelled)
          violations.push(`${stream}: ends twice`);
        records[stream].ended = { error };
      },
      event(event) {
        if (event.type === "verdict") noteVerdict(event);
        checkEvent(run, event);
      },
      settled: (result) => results.push(result),
    },
  });

  function noteVerdict(event: VerdictEvent): void {
    const record = records[event.stream];
    record.verdicts.push(event);
    record.accounts.at(-1)?.verdicts.push(event);
  }

  function scheduleNext(): void {
    const step = steps[nextStep];
    if (step === undefined) {
      clock.after(1, finishScript);
      return;
    }
    nextStep += 1;
    clock.after(step.after, () => {
      if (results.length > 0) return;
      perform(step.action);
      scheduleNext();
    });
  }

  function finishScript(): void {
    if (settings.ending === "unreachable") network.goDown();
    if (settings.ending === "exit") server.end(0);
    if (settings.ending === "goes-on") {
      quietUntil = clock.now() + QUIET;
      clock.after(QUIET, () => {});
    } else deadline = clock.now() + MUST_END_WITHIN;
  }

  function perform(action: Action): void {
    switch (action.kind) {
      case "write": {
        const { content, stream, length } = action;
        if (!server.running) break;
        const offset = cursors.get(content) ?? 0;
        cursors.set(content, offset + length);
        if (!isDistinct(content)) run.distinct = false;
        server.write(stream, contentFrom(content, offset, length));
        break;
      }
      case "exit":
        server.end(action.code);
        break;
      case "restart":
        server.restart();
        break;
      case "kill":
        server.kill();
        clock.after(settings.latency, () => {
          user.killed = true;
          follower.killed();
        });
        break;
      case "resize":
        follower.resize({ cols: action.cols, rows: 24 });
        break;
      case "stdin":
        stdinWrites += 1;
        follower.write(new Uint8Array([stdinWrites]));
        turnNeeded = true;
        break;
      case "stdinClose":
        eofWanted = true;
        follower.closeStdin();
        turnNeeded = true;
        break;
      case "detach":
        letGo(follower.detach);
        break;
      case "abort":
        letGo(() => follower.abort(new Error("aborted by its user")));
        break;
      default:
        network.fault(action);
    }
  }

  function letGo(how: () => void): void {
    user.letGo = true;
    how();
    turnNeeded = true;
    if (clientTimers > 0 || network.leftovers > 0) violations.push("I5: letting go leaves something running");
  }

  /** Consumers that are not eager get their turn. */
  function readOn(): void {
    for (const stream of STREAMS) {
      const how = settings.consumers[stream];
      if (how === "slow") follower.read(stream, "chunk");
      if (how === "cancels" && records[stream].accounts.length > 1 && records[stream].ended === null) {
        records[stream].cancelled = true;
        follower.read(stream, "cancel");
      }
    }
  }

  function stepRunning(): boolean {
    if (results.length > 0) {
      if (clientTimers > 0) violations.push(`I5: ${clientTimers} timers are left`);
      if (network.leftovers > 0) violations.push(`I5: ${network.leftovers} connections or requests are left`);
      phase = "reading";
      for (const stream of STREAMS) if (records[stream].ended === null) follower.read(stream, "rest");
      return true;
    }
    if (clock.now() >= quietUntil && !user.letGo) {
      quietUntil = Number.POSITIVE_INFINITY;
      deadline = clock.now() + MUST_END_WITHIN;
      // It goes on in peace; only its user ends it.
      if (server.running) letGo(follower.detach);
      return true;
    }
    if (clock.now() > deadline) return stop("I5: it has not ended");
    if (!clock.next()) return stop("I5: nothing will ever happen any more, and it has not ended");
    if (follower.asynchronous) readOn();
    return true;
  }

  function stop(violation: string): boolean {
    violations.push(violation);
    phase = "over";
    return false;
  }

  function stepReading(): boolean {
    turns += 1;
    if (turns > MOST_TURNS) return stop("I5: a stream does not end although the execution has");
    if (STREAMS.some((stream) => records[stream].ended === null)) return true;
    phase = "over";
    checkEnd(run);
    return false;
  }

  scheduleNext();
  return {
    run,
    step() {
      turnNeeded = false;
      if (phase === "over") return false;
      const more = phase === "running" ? stepRunning() : stepReading();
      if (more) checkProgress(run);
      if (violations.length > 0) phase = "over";
      return phase !== "over";
    },
    get asynchronous() {
      return turnNeeded || follower.asynchronous;
    },
  };
}
