import xterm, { type ITerminalOptions, type Terminal } from "@xterm/headless";
import { expect } from "vitest";
import { type AttachmentOptions, attach } from "../../src/attach/attachment.ts";
import type { StatusReport } from "../../src/attach/status.ts";
import { BoxLiteAddon, type TerminalExecution } from "../../src/xterm/index.ts";
import { createMemoryTransport, type MemoryConnection } from "../support/memory-transport.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

export function createTerminal(options: ITerminalOptions = {}): Terminal {
  return new xterm.Terminal({ allowProposedApi: true, cols: 80, rows: 24, scrollback: 50_000, ...options });
}

/** An execution whose server and clock the test plays, in a real terminal without a screen. */
export function connect(
  origin: "exec" | "attach",
  options: Partial<AttachmentOptions> & { readonly terminal?: ITerminalOptions } = {},
) {
  const transport = createMemoryTransport();
  const clock = createVirtualClock();
  const running: StatusReport = { kind: "running" };
  const attachment = attach({
    transport,
    clock,
    subject: "execution e1 of box b1",
    probe: () => Promise.resolve(running),
    ...options,
  });
  const { stdout, stdin, events, exit, resize } = attachment;
  const execution: TerminalExecution = { stdout, stdin, events, exit, resize, origin };
  const terminal = createTerminal(options.terminal);
  const addon = new BoxLiteAddon(execution);
  terminal.loadAddon(addon);
  return { transport, clock, attachment, execution, terminal, addon };
}

export type Setting = ReturnType<typeof connect>;

/** What a client typed, on one connection: all binary messages, as text. */
export function typed(connection: MemoryConnection): string {
  const decoder = new TextDecoder();
  return connection.received
    .map((message) => (typeof message === "string" ? "" : decoder.decode(message)))
    .join("");
}

/** The lines that are not empty, scrollback included. */
export function linesOf(terminal: Terminal, from = 0): string[] {
  const { active } = terminal.buffer;
  const lines: string[] = [];
  for (let at = from; at < active.length; at += 1) {
    const line = active.getLine(at)?.translateToString().trimEnd() ?? "";
    if (line !== "") lines.push(line);
  }
  return lines;
}

/** Waits for the screen to show a text. */
export function shows({ terminal }: Pick<Setting, "terminal">, text: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!linesOf(terminal, terminal.buffer.active.baseY).join("\n").includes(text)) return;
      listening.dispose();
      resolve();
    };
    const listening = terminal.onWriteParsed(look);
    look();
  });
}

/** Waits for a state of the addon. */
export function becomes(addon: BoxLiteAddon, kind: BoxLiteAddon["state"]["kind"]): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (addon.state.kind !== kind) return;
      listening.dispose();
      resolve();
    };
    const listening = addon.onStateChange(look);
    look();
  });
}

/** Cuts the connection, and lets the next attach be made. */
export async function cut({ transport, addon, clock }: Setting): Promise<void> {
  const before = transport.connections.length;
  transport.last().close(1006);
  await becomes(addon, "reconnecting");
  while (transport.connections.length === before) {
    await new Promise((resolve) => setImmediate(resolve));
    if (transport.connections.length === before) clock.next();
  }
  transport.last().open();
  await becomes(addon, "connected");
}

/** Expects that nothing was typed on the newest connection: a key that is typed now would come behind it. */
export async function expectNoAnswer({ transport, terminal }: Setting): Promise<void> {
  const before = typed(transport.last());
  terminal.input("k");
  await expect.poll(() => typed(transport.last())).toMatch(/k$/);
  expect([before, typed(transport.last())]).toEqual(["", "k"]);
}
