import { describe, expect, test, vi } from "vitest";
import { becomes, connect, cut, expectNoAnswer, linesOf, shows, typed } from "./setting.ts";

const BACKLOG = 262_144;

/** What a headless terminal answers: its kind, both ways, the cursor, both ways, its health, a mode, a setting. */
const QUESTIONS = ["\x1b[c", "\x1b[>c", "\x1b[6n", "\x1b[?6n", "\x1b[5n", "\x1b[?2004$p", "\x1bP$qm\x1b\\"];
const ASKED = QUESTIONS.join("");

// A terminal takes its time for a backlog, on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** Lines that do not repeat, up to a length. */
function text(length: number, seed = 0): string {
  let lines = "";
  for (let line = 0; lines.length < length; line += 1)
    lines += `${`${seed}: line ${line} `.padEnd(76, "-")}\r\n`;
  return lines.slice(0, length);
}

describe("questions in the output", () => {
  test("of a fresh execution are answered: nobody else has", async () => {
    const { transport } = connect("exec");
    transport.last().open();
    transport.last().stdout(ASKED);
    await expect.poll(() => typed(transport.last()).split("\x1b").length - 1).toBe(QUESTIONS.length + 1);
  });

  test("of one that was taken up are not, as long as it is replay; live ones are", async () => {
    const setting = connect("attach");
    const { transport } = setting;
    transport.last().open();
    transport.last().stdout(`${ASKED}old`);
    await shows(setting, "old");
    // A whole backlog has come: what follows is live.
    transport.last().stdout(`${text(BACKLOG)}${ASKED}\r\nstill old\r\n`);
    await shows(setting, "still old");
    await expectNoAnswer(setting);
    transport.last().stdout("\x1b[5n");
    await expect.poll(() => typed(transport.last())).toBe("k\x1b[0n");
  });

  test("a cut within the replay does not end it", async () => {
    const setting = connect("attach");
    const { transport } = setting;
    transport.last().open();
    transport.last().stdout("first half, ");
    await shows(setting, "first half");
    await cut(setting);
    transport.last().stdout("first half, ");
    transport.last().stdout(`${ASKED}second half`);
    await shows(setting, "second half");
    await expectNoAnswer(setting);
  });

  test("what a re-attach brings for the first time is answered", async () => {
    const setting = connect("exec");
    const { transport } = setting;
    transport.last().open();
    transport.last().stdout("\x1b[5nasked");
    await shows(setting, "asked");
    await expect.poll(() => typed(transport.last())).toBe("\x1b[0n");
    await cut(setting);
    transport.last().stdout("\x1b[5nasked");
    transport.last().stdout("\r\n\x1b[6n");
    await expect.poll(() => typed(transport.last())).toBe("\x1b[2;1R");
  });
});

describe("a key", () => {
  test("typed while a replay is parsed is sent, and looks like an answer if it likes", async () => {
    const setting = connect("attach");
    const { transport, terminal, addon } = setting;
    transport.last().open();
    await becomes(addon, "connected");
    // The terminal has some of it, and not parsed it all yet: Shift+F3, which a cursor report looks like, in each gap.
    // However quick the machine is: the terminal pauses after 12 ms of parsing, which one of these takes.
    terminal.parser.registerCsiHandler({ prefix: "?", final: "z" }, () => {
      for (const until = performance.now() + 15; performance.now() < until; );
      return true;
    });
    const keys: string[] = [];
    const parsed = terminal.onWriteParsed(() => {
      setTimeout(() => {
        terminal.input("\x1b[1;2R");
        keys.push("\x1b[1;2R");
      });
    });
    for (let part = 0; part < 8; part += 1) {
      transport.last().stdout(`${text(30_000, part)}\x1b[?1z${ASKED}`);
    }
    transport.last().stdout("end of replay");
    await shows(setting, "end of replay");
    parsed.dispose();
    expect(keys.length).toBeGreaterThan(1);
    await expect.poll(() => typed(transport.last()) === keys.join("")).toBe(true);
  });
});

describe("where the output does not go on", () => {
  test("a gap: what was shown stays, a line says it, and what follows is replay", async () => {
    const setting = connect("exec");
    const { transport, terminal } = setting;
    transport.last().open();
    transport.last().stdout(`${text(BACKLOG + 10_000)}\r\nprompt`);
    await shows(setting, "prompt");
    await cut(setting);
    transport.last().stdout(`${text(BACKLOG - 100, 7)}\r\n${ASKED}later`.slice(-BACKLOG));
    await shows(setting, "later");
    const lines = linesOf(terminal);
    const notice = lines.indexOf("[output may be missing above]");
    expect(lines[notice - 1]).toBe("prompt");
    expect(notice).toBeGreaterThan(0);
    expect(lines.at(-1)).toBe("later");
    await expectNoAnswer(setting);
  });

  test("a gap in a full-screen program: nothing is written over it", async () => {
    const setting = connect("exec");
    const { transport, terminal } = setting;
    transport.last().open();
    transport.last().stdout(`${text(BACKLOG + 10_000)}\x1b[?1049h\x1b[2J\x1b[Hfull screen`);
    await shows(setting, "full screen");
    await cut(setting);
    transport.last().stdout(`${text(BACKLOG - 30, 7)}\x1b[2J\x1b[Hdrawn anew`.slice(-BACKLOG));
    await shows(setting, "drawn anew");
    expect(terminal.buffer.active.type).toBe("alternate");
    expect(linesOf(terminal)).toEqual(["drawn anew"]);
  });

  test("a repetition: the terminal is reset, modes and all, and shows the replay; its questions are old", async () => {
    const setting = connect("exec");
    const { transport, terminal } = setting;
    const row = `${"y".repeat(78)}\r\n`;
    transport.last().open();
    transport.last().stdout(`only once\r\n\x1b[?2004h${row.repeat(4_000)}`);
    await shows(setting, "yyyy");
    await cut(setting);
    transport.last().stdout(`${row.repeat(BACKLOG / row.length + 1)}${ASKED}after`.slice(-BACKLOG));
    await shows(setting, "after");
    const lines = linesOf(terminal);
    expect(lines[0]).toBe("[reconnected: from here on, what the server keeps]");
    expect(lines.filter((line) => line === "only once")).toEqual([]);
    expect(lines.filter((line) => line === row.trimEnd()).length).toBe(
      Math.floor((BACKLOG - ASKED.length - 5) / row.length),
    );
    expect(terminal.modes.bracketedPasteMode).toBe(false);
    await expectNoAnswer(setting);
  });

  test("output that was taken up when its beginning was gone says so at the top", async () => {
    const setting = connect("attach");
    const { transport, terminal } = setting;
    transport.last().open();
    transport.last().stdout(text(BACKLOG, 1));
    transport.last().stdout("\r\nlive");
    await shows(setting, "live");
    expect(linesOf(terminal).slice(0, 2)).toEqual([
      "[output may be missing above]",
      "1: line 0 ".padEnd(76, "-"),
    ]);
  });
});
