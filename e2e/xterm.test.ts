import { execFileSync, spawnSync } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchChromium } from "./support/demo.ts";
import { serveTerminalPage, type TerminalPageServer } from "./support/terminal-page.ts";
import type {} from "./xterm/main.ts";

/** A shell that shows its prompt, and nothing of the machine's own set-up. */
const SHELL = { command: "sh", args: ["-i"], env: { PS1: "$ ", HISTFILE: "/dev/null" } };

/** Asks for the terminal's kind, and shows what comes as an answer. */
const ASK =
  "stty raw -echo; printf '\\033[c'; answer=$(dd bs=32 count=1 2>/dev/null | od -An -c); stty sane; echo answer: $answer";

const hasVim = !spawnSync("vim", ["--version"]).error;
if (!hasVim)
  console.log("vim is not on this machine: the test of a full-screen program over cuts is left out");

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

describe.each(["serve", "runner"] as const)("a terminal in Chromium, on %s", (dialect) => {
  let served: TerminalPageServer;
  let page: Page;

  beforeAll(async () => {
    served = await serveTerminalPage({ dialect });
  });
  afterEach(async () => {
    await page?.context().close();
  });
  afterAll(async () => {
    await served?.[Symbol.asyncDispose]();
  });

  async function open(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    page = await context.newPage();
    await page.goto(served.url);
    await page.waitForFunction(() => window.page !== undefined);
    return page;
  }

  const start = (command: string, args: readonly string[], env: Record<string, string> = {}) =>
    page.evaluate(([command, args, env]) => window.page.start(command, args, { env }), [
      command,
      args,
      env,
    ] as const);
  const shell = () => start(SHELL.command, SHELL.args, SHELL.env);
  const screen = () => page.evaluate(() => window.page.screen());
  const shown = async () => (await screen()).join("\n");
  const type = (line: string) => page.keyboard.type(`${line}\n`);
  const shows = (text: string | RegExp) => eventually(shown).toMatch(text);

  /** Cuts the connection, and waits until there is another one. */
  async function cut(): Promise<void> {
    const { attaches } = served.proxy;
    served.proxy.cut("rst");
    await eventually(() => served.proxy.attaches).toBeGreaterThan(attaches);
    await page.locator("#status[data-state=connected]").waitFor();
  }

  test("a shell over cuts: what is typed is answered once, and the screen is what it would have been", async () => {
    await open();
    await shell();
    await shows(/^\$/);
    for (let round = 1; round <= 3; round += 1) {
      await type(`echo $((${round} * 1000))-answer`);
      await shows(`${round}000-answer`);
      await cut();
    }
    await type("echo end");
    await shows(/end\n\$/);
    expect((await screen()).filter((line) => line !== "")).toEqual([
      ...[1, 2, 3].flatMap((round) => [`$ echo $((${round} * 1000))-answer`, `${round}000-answer`]),
      "$ echo end",
      "end",
      "$",
    ]);
  });

  test.skipIf(!hasVim)("vim over cuts: the screen, the text and the alternate screen are right", async () => {
    await open();
    await start("vim", ["-u", "NONE", "-i", "NONE", "-n", "--cmd", "set ruler"]);
    await shows("~");
    await page.keyboard.type("ifirst line\nsecond");
    await shows("second");
    await cut();
    await page.keyboard.type(" line, after a cut");
    await shows("second line, after a cut");
    await cut();
    await page.keyboard.press("Escape");
    await page.keyboard.type("ggyyGp");
    await shows(/first line\nsecond line, after a cut\nfirst line\n~/);
    expect(await page.evaluate(() => window.page.terminal.buffer.active.type)).toBe("alternate");
    const rows = await screen();
    expect(rows.slice(0, 4)).toEqual(["first line", "second line, after a cut", "first line", "~"]);
    expect(rows.slice(4, -1).every((row) => row === "~")).toBe(true);
    expect(rows.at(-1)).toContain("3,1");
    await page.keyboard.type(":q!\n");
    await page.locator("#status[data-state=exited]").waitFor();
    expect(await page.evaluate(() => window.page.terminal.buffer.active.type)).toBe("normal");
  });

  test("a question is answered when it is asked; after a reload it is not answered again, and a new one is", async () => {
    await open();
    const [box, id] = await shell();
    await shows(/^\$/);
    await type(ASK);
    await shows(/answer: 033 \[ \? 1 ; 2 c/);
    // The shell's next line is what an answer to the old question would be typed into.
    await page.context().close();
    await eventually(() => served.proxy.open).toBe(0);
    await open();
    await page.evaluate(([box, id]) => window.page.take(box, id), [box, id] as const);
    await shows(/answer: 033 \[ \? 1 ; 2 c/);
    await type("echo one-line");
    await shows(/\$ echo one-line\none-line\n\$/);
    await page.waitForFunction(() => !window.page.replaying());
    await type("clear");
    await eventually(shown).toMatch(/^\$\s*$/);
    await type(ASK);
    await shows(/answer: 033 \[ \? 1 ; 2 c/);
  });

  test("the size follows the terminal, over a cut, too", async () => {
    await open();
    await shell();
    await shows(/^\$/);
    await page.evaluate(() => {
      for (let cols = 60; cols <= 90; cols += 1) window.page.terminal.resize(cols, 20);
    });
    await type("while [ \"$(stty size)\" != '20 90' ]; do :; done; echo size: $(stty size)");
    await shows("size: 20 90");
    await cut();
    await type("echo again: $(stty size)");
    await shows("again: 20 90");
  });

  test("a large bracketed paste arrives whole", async () => {
    await open();
    // Counts what it reads, behind a terminal that takes bracketed pastes as they are.
    const count = "stty raw -echo; printf '\\033[?2004hready'; head -c 300012 | cksum; stty sane; echo done";
    await start("sh", ["-c", count]);
    await shows("ready");
    const paste = "0123456789".repeat(30_000);
    await page.evaluate((text) => window.page.terminal.paste(text), paste);
    await shows("done");
    expect(await shown()).toContain(cksum(`\x1b[200~${paste}\x1b[201~`));
  });

  test("a flood: what waits is bounded, it can be stopped, and the last line is shown", async () => {
    await open();
    await shell();
    await shows(/^\$/);
    await type("yes flood of output");
    await shows(/flood of output\nflood of output/);
    const session = await page.context().newCDPSession(page);
    const used = async () => (await session.send("Runtime.getHeapUsage")).usedSize;
    await session.send("HeapProfiler.collectGarbage");
    const before = await used();
    let most = 0;
    const passed = async () => (await page.evaluate(() => window.flooded ?? 0)) as number;
    await page.evaluate(() => {
      window.flooded = 0;
      window.page.terminal.onWriteParsed(() => {
        window.flooded = (window.flooded ?? 0) + 1;
      });
    });
    while ((await passed()) < 60) most = Math.max(most, (await used()) - before);
    expect(most).toBeLessThan(100 * 1024 * 1024);
    await page.keyboard.press("Control+c");
    // What was under way still comes. A server drops output for a page that is slow, the prompt, too: one asks again, as one would.
    await expect
      .poll(
        async () => {
          await type("echo $((6 * 7))-still-here");
          return await shown();
        },
        { timeout: 120_000, interval: 500 },
      )
      .toContain("42-still-here");
    const lastLine = async () => (await screen()).findLast((line) => line !== "");
    await eventually(lastLine).toBe("$");
    expect(await page.locator("#status").getAttribute("data-state")).toBe("connected");
  }, 180_000);

  test("a flood that is too much for a slow page: what it misses is said, the connection stays, and one Ctrl-C ends it", async () => {
    await open();
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 6 });
    await shell();
    await shows(/^\$/);
    await type("yes flood of output");
    const events = () => page.evaluate(() => window.page.events);
    await expect
      .poll(async () => (await events()).map(({ type }) => type), { timeout: 60_000 })
      .toContain("verdict");
    await page.keyboard.press("Control+c");
    await type("echo $((6 * 7))-still-here");
    await expect.poll(shown, { timeout: 60_000 }).toMatch(/42-still-here\n\$/);
    const told = (await events()).map((event) =>
      event.type === "verdict" ? event.verdict.kind : event.type,
    );
    expect(new Set(told)).toEqual(new Set(["connected", "gap"]));
    expect(told.filter((kind) => kind === "connected")).toHaveLength(1);
  }, 180_000);

  test("the status counts down an outage, and says how it ended", async () => {
    await open();
    await shell();
    await shows(/^\$/);
    served.proxy.refuse({ status: 503 }, { ms: 1_500 });
    served.proxy.cut("fin");
    await page.locator("#status[data-state=reconnecting]", { hasText: /giving up in \d+ s/ }).waitFor();
    await page.locator("#status[data-state=connected]").waitFor();
    await type("exit 5");
    await page.locator("#status[data-state=exited]", { hasText: "exited with code 5" }).waitFor();
  });
});

function cksum(text: string): string {
  return execFileSync("cksum", { input: text, encoding: "utf8" }).trim();
}

declare global {
  interface Window {
    flooded?: number;
  }
}
