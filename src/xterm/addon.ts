import type { IDisposable, IEvent, ITerminalAddon } from "@xterm/xterm";
import type { ExecutionEvent } from "../attach/events.ts";
import type { Execution } from "../client/execution.ts";
import { createEmitter } from "./emitter.ts";
import { createInput } from "./input.ts";
import { createOutput } from "./output.ts";
import { createReplayGuard } from "./replay-guard.ts";
import { createResizer } from "./resize.ts";
import { stateAfter, type TerminalState } from "./state.ts";
import { createStatus, type Status } from "./status.ts";
import type { HostTerminal } from "./terminal.ts";
import { createTimeline, type Timeline } from "./timeline.ts";
import { createTurns } from "./turns.ts";

/** What is used of an execution. */
export type TerminalExecution = Pick<Execution, "stdout" | "stdin" | "events" | "exit" | "resize" | "origin">;

export interface BoxLiteAddonOptions {
  /** Shows the state: gets it as `data-state`, and as a sentence. Give it `role="status"`. Default: none. */
  readonly status?: HTMLElement | undefined;
}

/**
 * Connects an xterm.js terminal with an execution that has a tty:
 *
 * ```ts
 * const shell = await box.exec("sh", [], { tty: { cols: terminal.cols, rows: terminal.rows } });
 * terminal.loadAddon(new BoxLiteAddon(shell));
 * ```
 *
 * Output comes at the pace at which the terminal draws; from a process that is faster for long, the newest of it, and a
 * line that says what was not shown. After a cut it goes on where it stopped. Where the server cannot replay that far, a
 * line says so; where its replay may repeat what was shown, the terminal is reset, and shows the replay. Questions in a
 * replay are not answered. What is typed while there is no connection is not sent.
 *
 * It reads `stdout` and `events`: nobody else can. Disposing, also of the terminal, lets go of both; the execution goes on.
 */
export class BoxLiteAddon implements ITerminalAddon {
  /** Tells the new state. */
  readonly onStateChange: IEvent<TerminalState>;
  /** Tells what happens to the connection, as `execution.events` would. */
  readonly onEvent: IEvent<ExecutionEvent>;
  /** Tells how many characters that were typed or pasted could not be sent: there was no connection, or too many waited. */
  readonly onInputDropped: IEvent<number>;

  readonly #execution: TerminalExecution;
  readonly #stateChanges = createEmitter<TerminalState>();
  readonly #events = createEmitter<ExecutionEvent>();
  readonly #droppedInputs = createEmitter<number>();
  readonly #status: Status | undefined;
  readonly #disposables: IDisposable[] = [];
  #timeline: Timeline | undefined;
  #state: TerminalState = { kind: "connecting" };
  #disposed = false;

  constructor(execution: TerminalExecution, options: BoxLiteAddonOptions = {}) {
    this.#execution = execution;
    this.#status = options.status && createStatus(options.status);
    this.onStateChange = this.#stateChanges.event;
    this.onEvent = this.#events.event;
    this.onInputDropped = this.#droppedInputs.event;
  }

  get state(): TerminalState {
    return this.#state;
  }

  /**
   * Whether what comes now counts as a replay, whose questions are not answered: from the beginning of an execution that
   * was taken up, or a place where output was missing or repeated, until output pauses for 250 ms, or 256 KiB have come.
   */
  get replaying(): boolean {
    return this.#timeline?.replaying ?? false;
  }

  /**
   * Called by `terminal.loadAddon()`.
   *
   * @throws TypeError if somebody else reads `stdout` or `events`.
   */
  activate(terminal: HostTerminal): void {
    const { stdin, origin } = this.#execution;
    const stdout = this.#execution.stdout.getReader();
    const events = this.#execution.events.getReader();
    const turns = createTurns();
    const input = createInput(stdin, this.#droppedInputs.fire);
    const guard = createReplayGuard(input.send);
    const output = createOutput(terminal, guard);
    const timeline = createTimeline(origin === "attach", output.push);
    this.#timeline = timeline;
    const resizer = createResizer((size) => this.#execution.resize(size));

    const show = (state: TerminalState) => {
      if (this.#disposed || state === this.#state) return;
      this.#state = state;
      input.connected(state.kind === "connecting" || state.kind === "connected");
      this.#status?.show(state);
      this.#stateChanges.fire(state);
    };
    const end = (state: TerminalState) => {
      timeline.end();
      turns.dispose();
      output.drained(() => show(state));
    };

    const followEvents = async () => {
      for (;;) {
        const { done, value } = await events.read();
        if (done || this.#disposed) return;
        timeline.event(value);
        show(stateAfter(this.#state, value, Date.now()));
        this.#events.fire(value);
      }
    };
    const followOutput = async () => {
      for (;;) {
        const { done, value } = await stdout.read();
        // The events of what is before these bytes were written before them, to another stream.
        await turns.next();
        if (this.#disposed) return;
        if (done) break;
        timeline.output(value);
      }
      const exit = await this.#execution.exit;
      if (!this.#disposed) end({ kind: "exited", exit });
    };
    // Its reader is released when disposed, and the stream itself never fails.
    followEvents().catch(() => {});
    followOutput().catch((error: unknown) => {
      if (!this.#disposed) end({ kind: "failed", message: messageOf(error) });
    });

    this.#disposables.push(
      terminal.onData(guard.input),
      terminal.onBinary((text) => input.send(Uint8Array.from(text, (unit) => unit.charCodeAt(0)))),
      terminal.onResize(resizer.resize),
      resizer,
      input,
      output,
      turns,
      { dispose: timeline.end },
      { dispose: () => stdout.releaseLock() },
      { dispose: () => events.releaseLock() },
    );
    this.#status?.show(this.#state);
    this.#execution.resize({ cols: terminal.cols, rows: terminal.rows });
  }

  /** Lets go of the execution, which goes on: detach or kill it yourself. */
  dispose(): void {
    this.#disposed = true;
    for (const one of this.#disposables.splice(0)) one.dispose();
    this.#status?.dispose();
    this.#stateChanges.dispose();
    this.#events.dispose();
    this.#droppedInputs.dispose();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
