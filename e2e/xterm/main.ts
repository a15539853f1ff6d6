import "@xterm/xterm/css/xterm.css";
import { Terminal } from "@xterm/xterm";
import { BoxLite, type Execution, type ExecutionEvent } from "boxlite-web";
import { BoxLiteAddon } from "boxlite-web/xterm";
import { type Measure, measureAddon, measureSocket, measureXterm, recordRecoveries } from "./measure.ts";

/**
 * A page with one terminal, as an application would have it, for tests to drive: `?box=…&execution=…` takes up an
 * execution, else `start` runs one.
 */

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the command has a terminal, too. Default true. */
  readonly tty?: boolean;
}

export interface TerminalPage {
  /** Runs a command in a new terminal. Resolves with its box and id as soon as it is connected. */
  start(command: string, args: readonly string[], options?: StartOptions): Promise<[string, string]>;
  /** Takes up a command that runs. Resolves as soon as it is connected. */
  take(box: string, execution: string): Promise<void>;
  /** Whether questions are old. */
  replaying(): boolean;
  /** What happened to the connection. */
  readonly events: readonly ExecutionEvent[];
  /** The rows of the screen, without what is blank at their ends. */
  screen(): string[];
  /** Bytes that the addon said it did not show, faster than they could be drawn. */
  notShown(): number;
  /** All lines that are not empty. */
  lines(): string[];
  readonly terminal: Terminal;
  readonly measureXterm: typeof measureXterm;
  readonly measureAddon: typeof measureAddon;
  measureSocket(command: string, args: readonly string[]): Promise<Measure>;
  /** Runs a command without a terminal, and fills `recoveries`. Resolves when it has started. */
  recordRecoveries(command: string, args: readonly string[]): Promise<void>;
  /** When output came again after each cut, in milliseconds since the epoch. */
  readonly recoveries: readonly number[];
}

declare global {
  interface Window {
    page: TerminalPage;
  }
}

const boxlite = new BoxLite({ baseUrl: "/api" });
const terminal = new Terminal({ cols: 100, rows: 30, scrollback: 1_000 });
const events: ExecutionEvent[] = [];
const recoveries: number[] = [];
let replaying = () => false;
let notShown = 0;
// Read off what it writes: there is no other account of it.
const write = terminal.write.bind(terminal);
terminal.write = (data, parsed) => {
  if (typeof data === "string")
    notShown += Number(data.match(/\[([\d,]+) bytes not shown/)?.[1]?.replaceAll(",", "") ?? 0);
  write(data, parsed);
};
const status = document.querySelector<HTMLElement>("#status") ?? document.body;
terminal.open(document.querySelector<HTMLElement>("#terminal") ?? document.body);

function show(execution: Execution): Promise<void> {
  const addon = new BoxLiteAddon(execution, { status });
  addon.onEvent((event) => events.push(event));
  const connected = new Promise<void>((resolve) => {
    addon.onStateChange(({ kind }) => {
      if (kind === "connected") resolve();
    });
  });
  replaying = () => addon.replaying;
  terminal.loadAddon(addon);
  terminal.focus();
  return connected;
}

function linesFrom(first: number): string[] {
  const { active } = terminal.buffer;
  return Array.from({ length: active.length - first }, (_, at) =>
    (active.getLine(first + at)?.translateToString() ?? "").trimEnd(),
  );
}

window.page = {
  async start(command, args, { env = {}, tty = true } = {}) {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const { cols, rows } = terminal;
    const execution = await box.exec(command, args, {
      tty: tty && { cols, rows },
      env: { TERM: "xterm-256color", ...env },
    });
    await show(execution);
    return [box.id, execution.id];
  },
  async take(id, execution) {
    const box = await boxlite.boxes.get(id);
    await show(await box.attach(execution));
  },
  replaying: () => replaying(),
  notShown: () => notShown,
  events,
  screen: () => linesFrom(terminal.buffer.active.baseY),
  lines: () => linesFrom(0).filter((line) => line !== ""),
  terminal,
  measureXterm,
  measureAddon,
  measureSocket: (command, args) =>
    measureSocket(async () => {
      const box = await boxlite.boxes.create({ image: "alpine:latest" });
      return box.exec(command, args, { tty: true });
    }),
  async recordRecoveries(command, args) {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    void recordRecoveries(await box.exec(command, args), recoveries);
  },
  recoveries,
};
