import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import type { Box, Execution, ExecutionExit } from "boxlite-web";
import { BoxLiteAddon } from "boxlite-web/xterm";
import { exitText } from "../../event-text.ts";
import { create, messageOf, textButton } from "../dom.ts";
import { createConnection } from "../network/connection.ts";
import { createStateChip } from "../network/state-chip.ts";
import type { TabContent, TabHost } from "../tabs/content.ts";
import { onThemeChange } from "../theme.ts";
import { themeOf } from "./theme-of.ts";

/** Bash where the image has it, else whatever `sh` is. Without start-up files, so that the prompt is the one given. */
const START = "if command -v bash >/dev/null; then exec bash --norc; else exec sh; fi";

/** An interactive shell: a terminal in the page, and one around a process in the box. */
export function createTerminalTab(box: Box, title: string, host: TabHost): TabContent {
  const closed = new AbortController();
  const chip = createStateChip("terminal");
  const connection = createConnection(() => {
    if (connection.timeline !== undefined) chip.show(connection.timeline.state);
    host.changed();
  });
  const size = create("span", { class: "count size" });
  const again = textButton("New shell", () => void restart());
  const reader = textButton("Screen reader", toggleReader, {
    "aria-pressed": "false",
    title: "Has the terminal’s lines read out; takes some of its speed",
  });
  const hint = create("span", { class: "count hint" }, "F6 leaves the terminal");
  const place = create("div", { class: "terminal-place" });
  const bar = create("div", { class: "toolbar" }, chip.element, size, hint, reader, again);
  const element = create("div", { class: "terminal-tab" }, bar, place);
  const terminal = new Terminal({
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: 13,
    minimumContrastRatio: 4.5,
    scrollback: 5_000,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  let opened = false;
  let execution: Execution | undefined;
  let addon: BoxLiteAddon | undefined;

  /** It is opened where it is first seen: only there it has a size. */
  function arrange(): void {
    if (place.clientWidth === 0) return;
    if (!opened) {
      opened = true;
      terminal.open(place);
      adoptColours();
      fit.fit();
      showSize();
      // Whoever opens a terminal wants to type.
      terminal.focus();
      void start();
    } else fit.fit();
  }

  function showSize(): void {
    size.textContent = `${terminal.cols} × ${terminal.rows}`;
  }

  function adoptColours(): void {
    terminal.options.theme = themeOf(place);
  }

  function toggleReader(): void {
    const on = !terminal.options.screenReaderMode;
    terminal.options.screenReaderMode = on;
    reader.setAttribute("aria-pressed", String(on));
  }

  async function start(): Promise<void> {
    again.disabled = true;
    connection.begin();
    const { cols, rows } = terminal;
    try {
      const started = await box.exec("sh", ["-c", START], { tty: { cols, rows }, env: { PS1: "$ " } });
      execution = started;
      if (closed.signal.aborted) return void started.kill().catch(() => {});
      host.boxUsed();
      addon = new BoxLiteAddon(started);
      addon.onEvent(connection.show);
      terminal.loadAddon(addon);
      const exit = await shown(addon);
      terminal.write(`\r\n[${exitText(exit)}]\r\n`);
    } catch (error) {
      chip.show({ kind: "bad", text: messageOf(error) });
    } finally {
      addon?.dispose();
      addon = undefined;
      execution = undefined;
      again.disabled = false;
      host.boxUsed();
    }
  }

  async function restart(): Promise<void> {
    terminal.reset();
    terminal.focus();
    await start();
  }

  terminal.onResize(showSize);
  // F6 is the page's.
  terminal.attachCustomKeyEventHandler(({ key }) => key !== "F6");
  const observer = new ResizeObserver(arrange);
  observer.observe(place);
  onThemeChange(adoptColours, closed.signal);

  return {
    kind: "terminal",
    element,
    connection,
    title,
    boxId: box.id,
    focus: () => terminal.focus(),
    close() {
      closed.abort();
      observer.disconnect();
      execution?.kill().catch(() => {});
      terminal.dispose();
    },
  };
}

/** How it ended, as soon as the terminal has all of its output. */
function shown(addon: BoxLiteAddon): Promise<ExecutionExit> {
  return new Promise((resolve, reject) => {
    addon.onStateChange((state) => {
      if (state.kind === "exited") resolve(state.exit);
      if (state.kind === "failed") reject(new Error(state.message));
    });
  });
}
