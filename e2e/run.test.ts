import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  countText,
  downloaded,
  eventually,
  launchChromium,
  linesCame,
  log,
  openDemo,
  pane,
  run,
  runButton,
  runState,
  startDemo,
  verdict,
} from "./support/demo.ts";

const PACED =
  'i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && echo "warning $i" >&2; sleep 0.02; done';

describe.each(["serve", "runner"] as const)("a command on the page, %s", (dialect) => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo(dialect);
  });
  beforeEach(async () => {
    page = await openDemo(browser, demo);
  });
  afterEach(async () => {
    await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  test("its two streams arrive apart, while it runs", async () => {
    await run(page, 'echo "to stdout"; echo "to stderr" >&2; exec sleep 1000');
    await linesCame(page, "stdout", 1);
    await linesCame(page, "stderr", 1);
    expect(await log(page, "stdout").innerText()).toBe("to stdout");
    expect(await log(page, "stderr").innerText()).toBe("to stderr");
    expect(await countText(page, "stdout")).toBe("10 bytes · 1 line");
    expect(await runState(page).innerText()).toBe("connected");
  });

  test.each(["Cut (FIN)", "Cut (RST)"])(
    "%s in mid-stream: what arrived is what was written",
    async (fault) => {
      await run(page, PACED);
      for (const line of [30, 70]) {
        await linesCame(page, "stdout", line);
        const cuts = await disconnects(page);
        await page.getByRole("button", { name: fault }).click();
        await eventually(() => disconnects(page)).toBe(cuts + 1);
      }
      expect(await verdict(page)).toBe("identical");
      expect(await downloaded(page, "stdout")).toBe(lines("line", 150, 1));
      expect(await downloaded(page, "stderr")).toBe(lines("warning", 150, 10));
      expect(await page.locator(".digest [data-verdict=identical]").count()).toBe(2);
    },
  );

  test("offline, attaches are tried again, and the end of the process is counted down; then all is well", async () => {
    await run(page, PACED);
    await linesCame(page, "stdout", 20);
    const offline = page.getByRole("button", { name: "Offline" });
    await offline.click();
    await page
      .locator("#events li", { hasText: /^[\d.]+ sreconnecting in \d+ ms, attempt [2-9]/ })
      .first()
      .waitFor();
    expect(await page.getByRole("timer").innerText()).toMatch(
      /^Nobody is attached: in \d:\d\d the server begins/,
    );
    expect(await offline.getAttribute("aria-pressed")).toBe("true");
    await offline.click();
    expect(await verdict(page)).toBe("identical");
    expect(await downloaded(page, "stdout")).toBe(lines("line", 150, 1));
    expect(await page.getByRole("timer").isVisible()).toBe(false);
  });

  test("what is offline or late is so for the next page as well", async () => {
    await page.getByLabel("Latency").selectOption("200 ms");
    await eventually(() => demo.proxy.latency).toBe(200);
    const other = await openDemo(browser, demo);
    await eventually(() => other.getByLabel("Latency").inputValue()).toBe("200");
    await other.context().close();
    await page.getByLabel("Latency").selectOption("none");
    await eventually(() => demo.proxy.latency).toBe(0);
  });

  test("Stop kills it", async () => {
    await run(page, "echo started; sleep 1000; echo never");
    await linesCame(page, "stdout", 1);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await runState(page)
      .and(page.locator("output", { hasText: /^(killed|ended by signal 9)$/ }))
      .waitFor();
    await runButton(page).and(page.locator(":enabled")).waitFor();
    expect(await downloaded(page, "stdout")).toBe("started\n");
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
  });

  test("a failing command shows its code and its last words", async () => {
    await run(page, "echo 'no such thing' >&2; exit 3");
    expect(await verdict(page)).toBe("identical");
    expect(await runState(page).innerText()).toBe("exited with code 3");
    expect(await log(page, "stderr").innerText()).toBe("no such thing");
    expect(await pane(page, "stdout").getByText("Nothing was written.").isVisible()).toBe(true);
  });

  test("output that the server no longer has is marked in the output, at its place, and can be gone to", async () => {
    const folder = await mkdtemp(join(tmpdir(), "boxlite-web-"));
    const wait = `until [ -e ${folder}/go ]; do sleep 0.02; done`;
    await run(page, `echo first; ${wait}; seq 1 200000; touch ${folder}/written; exec sleep 1000`);
    await linesCame(page, "stdout", 1);
    // While nobody can attach, far more is written than the server keeps.
    demo.proxy.refuse(503, { attaches: Number.MAX_SAFE_INTEGER });
    demo.proxy.cut();
    await writeFile(join(folder, "go"), "");
    await eventually(() => existsSync(join(folder, "written"))).toBe(true);
    demo.proxy.refuse(503, { attaches: 0 });
    await pane(page, "stdout").getByRole("button", { name: "1 mark" }).click();
    const row = log(page, "stdout").locator(".row", { hasText: "stdout at byte 6: bytes are missing" });
    await row.waitFor();
    expect(await row.getAttribute("data-line")).toBe("2");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await rm(folder, { recursive: true });
  });

  test("when the page is left, its box and what runs there are ended", async () => {
    await run(page, "echo started; sleep 1000");
    await linesCame(page, "stdout", 1);
    expect(await boxes(demo)).not.toEqual([]);
    await page.goto("about:blank");
    await eventually(() => boxes(demo)).toEqual([]);
  });

  test("what goes wrong is said in the library's words, and can be tried again", async () => {
    demo.proxy.requests = () => ({
      status: 401,
      body: JSON.stringify({
        error: { message: "bad token", type: "AuthenticationError", code: "unauthenticated" },
      }),
      headers: { "content-type": "application/json" },
    });
    try {
      await page.reload();
      for (const problem of [page.locator("#problem"), page.locator("#box-failure")]) {
        await problem.waitFor();
        expect(await problem.getAttribute("role")).toBe("alert");
        expect(await problem.innerText()).toContain("401");
        // The server's words are about the gateway: the page gets the gateway's.
        expect(await problem.innerText()).toContain("does not accept the gateway's credential");
      }
      expect(await page.getByRole("button", { name: "Command", exact: true }).isDisabled()).toBe(true);
      expect(await page.getByText("Nothing is open.").isVisible()).toBe(true);
    } finally {
      demo.proxy.requests = undefined;
    }
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("#box-failure").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await page.getByRole("alert").filter({ visible: true }).count()).toBe(0);
  });
});

function disconnects(page: Page): Promise<number> {
  return page.locator("#events li", { hasText: "disconnected" }).count();
}

function lines(word: string, last: number, step: number): string {
  return Array.from({ length: last / step }, (_, index) => `${word} ${(index + 1) * step}\n`).join("");
}

async function boxes({ server }: Demo): Promise<unknown[]> {
  const response = await fetch(`${server.url}/v1/boxes`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  const { boxes } = await response.json();
  return boxes;
}
