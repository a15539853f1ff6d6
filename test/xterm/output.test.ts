import { expect, test } from "vitest";
import { createOutput } from "../../src/xterm/output.ts";
import type { ReplayGuard } from "../../src/xterm/replay-guard.ts";
import type { Segment } from "../../src/xterm/timeline.ts";
import { createScriptedTerminal } from "./scripted-terminal.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function createFed() {
  const terminal = createScriptedTerminal();
  const calls: string[] = [];
  const guard: ReplayGuard = {
    input: () => {},
    writing: (replay) => void calls.push(`writing ${replay}`),
    parsed: (replay) => void calls.push(`parsed ${replay}`),
  };
  return { terminal, calls, output: createOutput(terminal, guard) };
}

function bytes(content: string | number, replay = false): Segment {
  const value =
    typeof content === "number" ? new Uint8Array(content).fill(120) : new TextEncoder().encode(content);
  return { kind: "bytes", bytes: value, replay };
}

/** What was shown, piece by piece, without the notices between. */
function shownIn(log: string): string[] {
  const [first = "", ...others] = log.split("\x18");
  const end = "]\x1b[0m\r\n";
  return [first, ...others.map((part) => part.slice(part.indexOf(end) + end.length))];
}

const sum = (lengths: readonly number[]) => lengths.reduce((all, one) => all + one, 0);

test("the terminal is given no more than it can take at once, in pieces that it parses quickly", () => {
  const { terminal, output } = createFed();
  output.push(bytes(3 * MIB));
  expect(sum(terminal.unparsed)).toBe(512 * KIB);
  expect(Math.max(...terminal.unparsed)).toBe(32 * KIB);
  // Between the marks nothing is given, at the low one it is filled up again.
  terminal.parse(11);
  expect(sum(terminal.unparsed)).toBe(160 * KIB);
  terminal.parse(1);
  expect(sum(terminal.unparsed)).toBe(512 * KIB);
  let most = 0;
  while (terminal.unparsed.length > 0) {
    most = Math.max(most, sum(terminal.unparsed));
    terminal.parse(1);
  }
  expect(most).toBe(512 * KIB);
  expect(terminal.log).toBe("x".repeat(3 * MIB));
});

test("of output that comes faster for long the newest is shown, from the beginning of a line, and the rest counted", () => {
  const { terminal, output } = createFed();
  const line = `${"0123456789".repeat(10)}\n`;
  const chunk = bytes(line.repeat(600));
  let pushed = 0;
  const push = (until: number) => {
    for (; pushed < until; pushed += 600 * line.length) output.push(chunk);
  };
  push(40 * MIB);
  output.push(bytes("the last line"));
  terminal.parse();
  const [, count = ""] = terminal.log.match(/\[([\d,]+) bytes not shown/) ?? [];
  const [before = "", after = ""] = shownIn(terminal.log);
  expect(before.length).toBeGreaterThanOrEqual(512 * KIB);
  expect(before.length).toBeLessThan(544 * KIB);
  expect(after.startsWith(line)).toBe(true);
  expect(after.endsWith(`${line}the last line`)).toBe(true);
  expect(after.length).toBeLessThan(4 * MIB + 100);
  expect(shownIn(terminal.log).length).toBe(2);
  const all = before.length + after.length + Number(count.replaceAll(",", ""));
  expect(all).toBe(pushed + "the last line".length);
});

test("a flood costs no more than one notice for every two mebibytes", () => {
  const { terminal, output } = createFed();
  for (let mib = 0; mib < 32; mib += 1) {
    output.push(bytes(MIB));
    terminal.parse(4);
  }
  terminal.parse();
  const notices = terminal.log.split("not shown").length - 1;
  expect(notices).toBeGreaterThan(0);
  expect(notices).toBeLessThanOrEqual(16);
});

test("a reset waits until what came before is parsed, and its notice stands on top", () => {
  const { terminal, output } = createFed();
  output.push(bytes("before"));
  output.push({ kind: "reset" });
  output.push(bytes("after"));
  expect(terminal.unparsed.length).toBe(1);
  terminal.parse();
  expect(terminal.log.startsWith("before<reset>\x18")).toBe(true);
  expect(terminal.log).toMatch(/what the server keeps.*after$/s);
});

test("a reset is not lost with what is dropped", () => {
  const { terminal, output } = createFed();
  output.push(bytes(MIB));
  output.push({ kind: "reset" });
  output.push(bytes(4 * MIB));
  output.push(bytes("end"));
  terminal.parse();
  expect(terminal.log.split("<reset>").length).toBe(2);
  expect(terminal.log).toMatch(/not shown.*end$/s);
});

test("a notice has a line of its own, and is left out on the alternate screen", () => {
  const { terminal, output } = createFed();
  terminal.screen.cursorX = 5;
  output.push({ kind: "missing", bytes: 1_234, undrawn: false });
  terminal.parse();
  expect(terminal.log).toBe("\r\n\x18\x1b[0;7m[1,234 bytes or more of output are missing above]\x1b[0m\r\n");
  terminal.screen.type = "alternate";
  output.push({ kind: "missing", bytes: 1, undrawn: true });
  output.push(bytes("on"));
  terminal.parse();
  expect(terminal.log).toMatch(/\r\non$/);
});

test("the guard is told of each piece, and what it was", () => {
  const { terminal, calls, output } = createFed();
  output.push(bytes("old", true));
  output.push(bytes("new"));
  terminal.parse();
  expect(calls).toEqual(["writing true", "writing false", "parsed true", "parsed false"]);
});

test("drained is called when all is parsed, and nothing is given after dispose", () => {
  const { terminal, output } = createFed();
  let drained = 0;
  output.push(bytes(MIB));
  output.drained(() => {
    drained += 1;
  });
  expect(drained).toBe(0);
  terminal.parse();
  expect(drained).toBeGreaterThan(0);
  output.push(bytes(2 * MIB));
  output.dispose();
  const given = terminal.unparsed.length;
  terminal.parse();
  expect(given).toBe(16);
  expect(terminal.log.length).toBe(MIB + 512 * KIB);
});
