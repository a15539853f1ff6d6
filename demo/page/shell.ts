import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { Box, Execution, ExecutionEvent } from "boxlite-web";
import { exitText } from "../event-text.ts";
import { connectionState } from "./connection-state.ts";
import { showState } from "./connection-view.ts";
import { byId, messageOf } from "./dom.ts";

export interface Shell {
  /** Starts a shell in this box, now and when asked for a new one. */
  use(box: Box): void;
}

/** Bash where the image has it, else whatever `sh` is. Without start-up files, so that the prompt is the one given. */
const START = "if command -v bash >/dev/null; then exec bash --norc; else exec sh; fi";

/** An interactive shell: a terminal in the page, and one around a process in the box. */
export function createShell(): Shell {
  const element = byId("terminal", HTMLDivElement);
  const state = byId("shell-state", HTMLOutputElement);
  const size = byId("shell-size", HTMLSpanElement);
  const again = byId("shell-new", HTMLButtonElement);
  const terminal = new Terminal({
    cursorBlink: true,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: 13,
    minimumContrastRatio: 4.5,
    scrollback: 2_000,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  adoptColours(terminal, element);

  let box: Box | undefined;
  let execution: Execution | undefined;
  let input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  const encoder = new TextEncoder();

  function showSize(): void {
    size.textContent = `${terminal.cols} × ${terminal.rows}`;
  }

  // Typed while the connection is down, it waits; a shell that has ended takes no more.
  terminal.onData((text) => input?.write(encoder.encode(text)).catch(() => {}));
  terminal.onResize((to) => {
    showSize();
    execution?.resize(to);
  });
  new ResizeObserver(() => fit.fit()).observe(element);
  fit.fit();
  showSize();

  async function start(box: Box): Promise<void> {
    again.disabled = true;
    showState(state, { kind: "idle", text: "starting" });
    const { cols, rows } = terminal;
    try {
      const started = await box.exec("sh", ["-c", START], { tty: { cols, rows }, env: { PS1: "$ " } });
      execution = started;
      input = started.stdin.getWriter();
      await Promise.all([show(terminal, started.stdout), followState(started.events, state)]);
      const exit = await started.exit;
      terminal.write(`\r\n[${exitText(exit)}]\r\n`);
    } catch (error) {
      showState(state, { kind: "bad", text: messageOf(error) });
    } finally {
      execution = undefined;
      input = undefined;
      again.disabled = false;
    }
  }

  again.addEventListener("click", () => {
    if (box === undefined) return;
    terminal.reset();
    terminal.focus();
    start(box);
  });

  return {
    use(created) {
      box = created;
      start(created);
    },
  };
}

/** The terminal says when it has taken a piece; until then no more is read, so that a flood waits outside of it. */
async function show(terminal: Terminal, output: ReadableStream<Uint8Array>): Promise<void> {
  const reader = output.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    await new Promise<void>((resolve) => terminal.write(value, resolve));
  }
}

async function followState(events: ReadableStream<ExecutionEvent>, output: HTMLOutputElement): Promise<void> {
  const reader = events.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const state = connectionState(value);
    if (state !== undefined) showState(output, state);
  }
}

/** The terminal paints itself: it is given what the style sheet says, now and when that changes. */
function adoptColours(terminal: Terminal, element: HTMLElement): void {
  const adopt = () => {
    const { backgroundColor, color } = getComputedStyle(element);
    terminal.options.theme = {
      background: backgroundColor,
      foreground: color,
      cursor: color,
      cursorAccent: backgroundColor,
      selectionBackground: "#7aa7d466",
    };
  };
  adopt();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", adopt);
}
