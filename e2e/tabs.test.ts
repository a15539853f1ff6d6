import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Chromium, type Page, type Profile, startChromium } from "./support/cdp.ts";
import { startTabsStage, type TabsStage } from "./support/tabs.ts";

/** Real tabs of one browser, real locks and channels, and a real process. */

type State = ReturnType<Window["tab"]["state"]>;
interface Ids {
  readonly box: string;
  readonly execution: string;
}

describe("tabs that share an execution", () => {
  let chromium: Chromium;
  let stage: TabsStage;
  let profile: Profile;
  let folder: string;

  beforeAll(async () => {
    chromium = await startChromium();
    stage = await startTabsStage();
  });
  beforeEach(async () => {
    profile = await chromium.profile();
    folder = await mkdtemp(join(tmpdir(), "boxlite-web-"));
  });
  afterEach(async () => {
    await profile[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  async function start(command: string): Promise<[Page, Ids]> {
    const page = await stage.open(profile);
    const ids = await page.run((text) => window.tab.start(text), command);
    await until(page, (state) => state.role === "leader");
    return [page, ids];
  }

  async function attach(ids: Ids): Promise<Page> {
    const page = await stage.open(profile);
    await page.run((to) => window.tab.attach(to), ids);
    await until(page, (state) => state.role !== null);
    return page;
  }

  /** Both streams, all the time, until the file `stop` is there. */
  const writing = () =>
    `i=0; while ! [ -e ${folder}/stop ]; do i=$((i+1)); echo "line $i of the output"; [ $((i % 5)) = 0 ] && echo "warning $i" >&2; sleep 0.01; done`;
  const waiting = (file: string) => `until [ -e ${folder}/${file} ]; do sleep 0.02; done`;
  const stop = () => writeFile(join(folder, "stop"), "");

  test("ten leader changes: closed, crashed, frozen; the same bytes everywhere", {
    timeout: 180_000,
  }, async () => {
    const [first, ids] = await start(writing());
    const witness = await attach(ids);
    const tabs = new Set([first, witness]);
    for (let change = 0; change < 10; change += 1) {
      tabs.add(await attach(ids));
      const leader = await leading(tabs);
      const how = (["close", "crash", "freeze"] as const)[change % 3];
      if (leader === witness || how === "freeze") {
        await leader.send("Page.setWebLifecycleState", { state: "frozen" });
      } else {
        await (how === "close" ? leader.close() : crash(leader));
        tabs.delete(leader);
      }
      const others = new Set([...tabs].filter((page) => page !== leader));
      await progress(await leading(others));
      if (tabs.has(leader)) await leader.send("Page.setWebLifecycleState", { state: "active" });
      for (const page of tabs) await progress(page);
    }
    await stop();
    const results = await Promise.all(
      [...tabs].map(async (page) => ({ page, state: await until(page, isOver) })),
    );
    const whole = results.filter(({ state }) => state.stdout > 0 && state.discontinuities.length === 0);
    expect(results.map(({ state }) => [state.error, state.exit?.exitCode])).toEqual(
      results.map(() => [null, 0]),
    );
    expect(whole.map(({ page }) => page)).toContain(witness);
    expect(whole).toHaveLength(results.length);
    const digests = await Promise.all(results.map(({ page }) => digestsOf(page)));
    expect(new Set(digests).size).toBe(1);
    const text = await witness.run(() => window.tab.text("stdout"));
    expect(text).toBe(numbered(text, 1, (i) => `line ${i} of the output`));
    const warnings = await witness.run(() => window.tab.text("stderr"));
    expect(warnings).toBe(numbered(warnings, 5, (i) => `warning ${i}`));
  });

  test("input from two tabs arrives in the order of each", async () => {
    const [first, ids] = await start("exec cat");
    const second = await attach(ids);
    const send = (page: Page, who: string) =>
      page.run(async (name) => {
        for (let i = 1; i <= 50; i += 1) await window.tab.write(`${name}${i}\n`);
      }, who);
    await Promise.all([send(first, "a"), send(second, "b")]);
    await until(second, (state) => state.stdout === 2 * (9 * 3 + 41 * 4));
    await second.run(() => window.tab.end());
    const [one, two] = await Promise.all(
      [first, second].map(async (page) => {
        expect((await until(page, isOver)).exit?.exitCode).toBe(0);
        return page.run(() => window.tab.text("stdout"));
      }),
    );
    expect(one).toBe(two);
    for (const who of ["a", "b"]) {
      const lines = one?.split("\n").filter((line) => line.startsWith(who));
      expect(lines).toEqual(Array.from({ length: 50 }, (_, index) => `${who}${index + 1}`));
    }
  });

  test("a tab that comes late gets what is kept, and is told what is not", async () => {
    const [first, ids] = await start(
      `seq 1 35000; ${waiting("more")}; seq 1 35000; ${waiting("stop")}; echo end`,
    );
    // In two halves: of more, a server may drop what a slow tab does not take.
    await until(first, (state) => state.stdout === 198_894);
    await writeFile(join(folder, "more"), "");
    const { stdout: total } = await until(first, (state) => state.stdout === 2 * 198_894);
    const late = await attach(ids);
    await until(late, (state) => state.stdout === 262_144);
    await stop();
    const { discontinuities, exit } = await until(late, isOver);
    expect(discontinuities).toMatchObject([
      { stream: "stdout", position: 0, verdict: { kind: "gap", missing: total - 262_144 } },
    ]);
    expect(exit).toMatchObject({ exitCode: 0, complete: false, delivered: { stdout: { bytes: 262_148 } } });
    const text = await late.run(() => window.tab.text("stdout"));
    expect(text.endsWith("\n34999\n35000\nend\n")).toBe(true);
    expect((await until(first, isOver)).exit).toMatchObject({ exitCode: 0, complete: true });
  });

  test("a leader that hangs is asked, and replaced; when it goes on, it follows", {
    timeout: 180_000,
  }, async () => {
    const [first, ids] = await start(writing());
    const second = await attach(ids);
    await first.send("Debugger.enable");
    const paused = first.event("Debugger.paused");
    await first.send("Debugger.pause");
    await paused;
    await until(second, (state) => state.role === "leader", 90_000);
    // The browser keeps the connection of a page that hangs, and the server its slot: until now it was refused.
    await first.send("Debugger.disable");
    await until(first, (state) => state.role === "follower");
    await progress(second);
    await progress(first);
    await stop();
    const states = await Promise.all([first, second].map((page) => until(page, isOver)));
    expect(states.flatMap(({ discontinuities }) => discontinuities)).toEqual([]);
    expect(await digestsOf(first)).toBe(await digestsOf(second));
  });

  test("a kill in one tab ends it in all, and a detach in one ends it there only", async () => {
    const [first, ids] = await start("echo started; exec sleep 1000");
    const [second, third] = [await attach(ids), await attach(ids)];
    await first.run(() => window.tab.detach());
    expect((await until(first, isOver)).error).toContain("detached");
    await leading(new Set([second, third]));
    await third.run(() => window.tab.kill());
    for (const page of [second, third]) expect((await until(page, isOver)).exit?.signal).toBe(9);
    for (const page of [second, third])
      expect(await page.run(() => window.tab.text("stdout"))).toBe("started\n");
  });
});

const isOver = (state: State) => state.exit !== null || state.error !== null;

/** Waits until a tab's state is so, and returns it. */
async function until(page: Page, condition: (state: State) => boolean, timeout = 60_000): Promise<State> {
  let state = await page.run(() => window.tab.state());
  await expect
    .poll(
      async () => {
        state = await page.run(() => window.tab.state());
        return condition(state);
      },
      { timeout, message: `a tab's state: ${condition}` },
    )
    .toBe(true);
  return state;
}

/** Waits until one of some tabs leads. */
async function leading(tabs: ReadonlySet<Page>): Promise<Page> {
  let leader: Page | undefined;
  await expect
    .poll(
      async () => {
        for (const page of tabs) {
          const state = await page.run(() => window.tab.state());
          if (state.role === "leader") leader = page;
        }
        return leader !== undefined;
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  if (leader === undefined) throw new Error("no tab leads");
  return leader;
}

/** Waits until more has come. */
async function progress(page: Page): Promise<void> {
  const { stdout } = await page.run(() => window.tab.state());
  await until(page, (state) => state.stdout > stdout);
}

async function crash(page: Page): Promise<void> {
  await page.send("Inspector.enable");
  const crashed = page.event("Inspector.targetCrashed");
  // It is never answered.
  page.send("Page.crash").catch(() => {});
  await crashed;
}

function digestsOf(page: Page): Promise<string> {
  return page.run(async () => `${await window.tab.digest("stdout")} ${await window.tab.digest("stderr")}`);
}

/** What a text of numbered lines should be, by the number of its lines. */
function numbered(text: string, interval: number, line: (i: number) => string): string {
  const count = text.split("\n").length - 1;
  return Array.from({ length: count }, (_, index) => `${line((index + 1) * interval)}\n`).join("");
}
