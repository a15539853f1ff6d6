import { constants } from "node:os";
import { type Backlog, type BacklogLimits, createBacklog } from "./backlog.ts";
import type { ResolvedCommand } from "./command.ts";
import type { Dialect } from "./dialect.ts";
import type { HostProcess } from "./host-process.ts";
import type { BoxCounters } from "./metrics.ts";
import { createPace } from "./pace.ts";
import { startPiped } from "./piped-process.ts";
import { startOnTerminal } from "./pty-process.ts";
import type { ReaperPhase } from "./reaper.ts";
import type { LocalServerTimes } from "./times.ts";

export interface ExecutionSettings {
  readonly dialect: Dialect;
  readonly times: LocalServerTimes;
  readonly backlog: BacklogLimits;
}

export interface ExecutionIdentity {
  readonly id: string;
  readonly boxId: string;
  /** The box as it was named in the URL of the POST: serve finds the execution under this name only. */
  readonly boxSegment: string;
}

export interface ExecutionOptions {
  readonly tty: boolean;
  /** 0 for unbounded. */
  readonly timeoutSeconds: number;
  /** serve only: all of stdin, which is closed after it. */
  readonly stdin: string | undefined;
}

/** One command: its process, the output kept of it, its single client's slot, and what the reaper knows of it. */
export class Execution {
  readonly identity: ExecutionIdentity;
  readonly stdout: Backlog;
  readonly stderr: Backlog;
  readonly startedAt = performance.now();
  /** Resolves when the exit code and all output are there; on the runner, output held open does not delay it for long. */
  readonly settled: Promise<void>;
  reaperPhase: ReaperPhase = { name: "watched" };
  readonly #settings: ExecutionSettings;
  readonly #process: HostProcess;
  readonly #counters: BoxCounters;
  readonly #timers = new Set<NodeJS.Timeout>();
  #exitCode: number | undefined;
  #settledAt: number | undefined;
  #attached = false;
  #idleSince = this.startedAt;
  #killed = false;

  private constructor(
    identity: ExecutionIdentity,
    settings: ExecutionSettings,
    streams: { stdout: Backlog; stderr: Backlog },
    process: HostProcess,
    counters: BoxCounters,
  ) {
    this.identity = identity;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#settings = settings;
    this.#process = process;
    this.#counters = counters;
    this.settled = this.#settle();
  }

  /** @throws Error when the process cannot be started. */
  static async start(
    identity: ExecutionIdentity,
    command: ResolvedCommand,
    options: ExecutionOptions,
    settings: ExecutionSettings,
    counters: BoxCounters,
  ): Promise<Execution> {
    const stdout = createBacklog(settings.dialect, settings.backlog);
    const stderr = createBacklog(settings.dialect, settings.backlog);
    const count = (backlog: Backlog) => (chunk: Uint8Array) => {
      counters.bytesReceived += chunk.length;
      backlog.push(chunk);
    };
    const sink = {
      stdout: count(stdout),
      stderr: count(stderr),
      pace: createPace([stdout, stderr], settings.backlog, () => performance.now()),
    };
    const start = options.tty ? startOnTerminal : startPiped;
    const process = await start(command, sink);
    const execution = new Execution(identity, settings, { stdout, stderr }, process, counters);
    if (options.stdin !== undefined) {
      execution.writeStdin(Buffer.from(options.stdin));
      execution.closeStdin();
    }
    if (options.timeoutSeconds > 0) execution.#limitTo(options.timeoutSeconds);
    return execution;
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** serve calls an execution completed when its output has ended too, the runner when the process has. */
  get completed(): boolean {
    return this.#settings.dialect === "serve" ? this.isSettled : this.#exitCode !== undefined;
  }

  get isSettled(): boolean {
    return this.#settledAt !== undefined;
  }

  /** On the clock of `performance.now()`. */
  get settledAt(): number | undefined {
    return this.#settledAt;
  }

  /** Since when nobody is attached; undefined while somebody is. */
  get idleSince(): number | undefined {
    return this.#attached ? undefined : this.#idleSince;
  }

  /** Takes the slot for one client. Returns false when it is taken, or the execution is being killed. */
  claim(): boolean {
    if (this.#attached || (this.#killed && !this.completed)) return false;
    this.#attached = true;
    return true;
  }

  /** The client whose claim succeeded is there: what the reaper had begun is forgotten. */
  attached(): void {
    this.reaperPhase = { name: "watched" };
  }

  release(): void {
    this.#attached = false;
    this.#idleSince = performance.now();
  }

  get stdinClosed(): boolean {
    return this.#process.stdinClosed;
  }

  /** Returns false when the process is slow to read: wait for `whenStdinDrained` before the next. */
  writeStdin(bytes: Uint8Array): boolean {
    this.#counters.bytesSent += bytes.length;
    return this.#process.writeStdin(bytes);
  }

  whenStdinDrained(): Promise<void> {
    return this.#process.whenStdinDrained();
  }

  closeStdin(): void {
    this.#process.closeStdin();
  }

  get tty(): boolean {
    return this.#process.resize !== undefined;
  }

  /** @throws Error without a terminal, or for a size that it cannot have. */
  resize(cols: number, rows: number): void {
    if (this.#process.resize === undefined) throw new Error("the execution is not TTY");
    this.#process.resize(cols, rows);
  }

  /** Signals the process and those it has started. Returns false when it has finished or is being killed. */
  signal(signal: number): boolean {
    if (this.completed || this.#killed) return false;
    return this.#process.signal(signal);
  }

  /** Ends the process with SIGKILL, whatever it does. Resolves when it is gone and its output has ended. */
  async kill(): Promise<void> {
    this.#killed = true;
    if (!this.isSettled) {
      this.#process.signal(constants.signals.SIGKILL);
      this.#after(KILL_PATIENCE, () => this.#process.abandon());
    }
    await this.settled;
  }

  async #settle(): Promise<void> {
    this.#exitCode = await this.#process.exited;
    await this.#outputEnd();
    this.#settledAt = performance.now();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #outputEnd(): Promise<void> {
    const { outputEnded } = this.#process;
    if (this.#settings.dialect === "serve") return outputEnded;
    return new Promise((resolve) => {
      this.#after(this.#settings.times.pumpDrain, resolve);
      outputEnded.then(resolve);
    });
  }

  #limitTo(seconds: number): void {
    this.#after(Math.min(seconds * 1000, MAX_TIMER), () => {
      if (!this.signal(constants.signals.SIGTERM)) return;
      this.#after(this.#settings.times.timeoutKill, () => this.signal(constants.signals.SIGKILL));
    });
  }

  #after(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

/** What cannot be killed (sudo), or holds the output open from outside the process group, is waited for no longer. */
const KILL_PATIENCE = 2_000;

/** The longest delay of a timer: a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;
