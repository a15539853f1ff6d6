import { expect, test } from "vitest";
import { encodeResize } from "../../src/attach/frames.ts";
import { BoxLiteAddon, type TerminalState } from "../../src/xterm/index.ts";
import { becomes, connect, createTerminal, cut, linesOf, shows, typed } from "./setting.ts";

test("output is shown, and exited is said when all of it is on the screen", async () => {
  const setting = connect("exec");
  const { transport, addon, terminal } = setting;
  const shownAtExit: string[] = [];
  addon.onStateChange((state) => {
    if (state.kind === "exited") shownAtExit.push(...linesOf(terminal));
  });
  transport.last().open();
  transport.last().stdout("one\r\n".repeat(5_000));
  transport.last().stdout("last");
  transport.last().text({ type: "exit", exit_code: 7 });
  await becomes(addon, "exited");
  expect(shownAtExit.at(-1)).toBe("last");
  expect(addon.state).toMatchObject({ kind: "exited", exit: { exitCode: 7, complete: true } });
});

test("the states of a session, and its events", async () => {
  const setting = connect("exec");
  const { transport, addon } = setting;
  const states: TerminalState[] = [];
  const events: string[] = [];
  addon.onStateChange((state) => states.push(state));
  addon.onEvent(({ type }) => events.push(type));
  expect(addon.state.kind).toBe("connecting");
  transport.last().open();
  await becomes(addon, "connected");
  const before = Date.now();
  await cut(setting);
  transport.last().text({ type: "exit", exit_code: 0 });
  await becomes(addon, "exited");
  expect(states.map(({ kind }) => kind)).toEqual([
    "connected",
    "reconnecting",
    "reconnecting",
    "connected",
    "exited",
  ]);
  expect(states[1]).toEqual({ kind: "reconnecting", retryAt: null, deadline: null });
  const { retryAt, deadline } = { retryAt: null, deadline: null, ...states[2] };
  expect(retryAt).toBeGreaterThanOrEqual(before);
  expect((deadline ?? 0) - (retryAt ?? 0)).toBe(240_000);
  expect(events).toEqual(["connected", "disconnected", "status", "reconnecting", "connected", "exit"]);
});

test("a cut in mid-stream leaves the screen as if there had been none", async () => {
  const setting = connect("exec");
  const { transport, terminal } = setting;
  transport.last().open();
  transport.last().stdout("\x1b[1;31mred ");
  await shows(setting, "red");
  await cut(setting);
  transport.last().stdout("\x1b[1;31mred and still ");
  transport.last().stdout("red\x1b[m\r\n$ ");
  await shows(setting, "$");
  expect(linesOf(terminal)).toEqual(["red and still red", "$"]);
});

test("failed says why, after what came before", async () => {
  const setting = connect("exec");
  const { transport, addon, attachment, terminal } = setting;
  transport.last().open();
  transport.last().stdout("before");
  attachment.abort(new Error("no more of this"));
  await becomes(addon, "failed");
  expect(addon.state).toEqual({ kind: "failed", message: "no more of this" });
  expect(linesOf(terminal)).toEqual(["before"]);
});

test("the size is sent at the start, and again after each attach", async () => {
  const setting = connect("exec");
  const { transport, terminal } = setting;
  transport.last().open();
  expect(transport.last().received).toEqual([encodeResize({ cols: 80, rows: 24 })]);
  terminal.resize(100, 30);
  terminal.resize(120, 40);
  await expect.poll(() => transport.last().received.length).toBe(2);
  expect(transport.last().received[1]).toBe(encodeResize({ cols: 120, rows: 40 }));
  await cut(setting);
  expect(transport.last().received).toEqual([encodeResize({ cols: 120, rows: 40 })]);
});

test("what is typed goes to stdin, as UTF-8; binary goes as it is", async () => {
  const { transport, terminal, addon } = connect("exec");
  transport.last().open();
  await becomes(addon, "connected");
  terminal.input("héllo €\r");
  await expect.poll(() => typed(transport.last())).toBe("héllo €\r");
  // The old mouse protocol: coordinates above 95 are no UTF-8.
  const press = "\x1b[M \xff\x80";
  terminal.write("\x1b[?1000h");
  const service: { triggerBinaryEvent(data: string): void } = Reflect.get(
    Reflect.get(terminal, "_core"),
    "coreService",
  );
  service.triggerBinaryEvent(press);
  await expect
    .poll(() => transport.last().received.at(-1))
    .toEqual(Uint8Array.from(press, (unit) => unit.charCodeAt(0)));
});

test("what is typed while there is no connection is dropped, and said", async () => {
  const setting = connect("exec");
  const { transport, terminal, addon } = setting;
  const dropped: number[] = [];
  addon.onInputDropped((count) => dropped.push(count));
  transport.last().open();
  await becomes(addon, "connected");
  transport.last().close(1006);
  await becomes(addon, "reconnecting");
  terminal.input("rm -rf /\r");
  expect(dropped).toEqual([9]);
  await expect.poll(() => transport.connections.length).toBe(2);
  transport.last().open();
  await becomes(addon, "connected");
  terminal.input("ls\r");
  await expect.poll(() => typed(transport.last())).toBe("ls\r");
});

test("disposing lets go: the execution goes on, and another terminal may have it", async () => {
  const setting = connect("exec");
  const { transport, terminal, execution, attachment } = setting;
  transport.last().open();
  transport.last().stdout("first ");
  await shows(setting, "first");
  terminal.dispose();
  expect(attachment.ended).toBe(false);
  expect([execution.stdout.locked, execution.events.locked, execution.stdin.locked]).toEqual([
    false,
    false,
    false,
  ]);
  const next = { terminal: createTerminal() };
  const addon = new BoxLiteAddon(execution);
  next.terminal.loadAddon(addon);
  transport.last().stdout("second");
  await shows(next, "second");
  next.terminal.input("x");
  await expect.poll(() => typed(transport.last())).toBe("x");
  expect(linesOf(next.terminal)).toEqual(["second"]);
});

test("an execution that somebody else reads is refused, and stays theirs", () => {
  const { execution } = connect("exec");
  expect(() => createTerminal().loadAddon(new BoxLiteAddon(execution))).toThrow(TypeError);
});
