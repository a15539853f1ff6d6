import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  openDemo,
  outputContains,
  run,
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
    await outputContains(page, "stdout", "to stdout");
    await outputContains(page, "stderr", "to stderr");
    expect(await page.locator("#stdout").innerText()).toBe("to stdout\n");
    expect(await page.locator("#stderr").innerText()).toBe("to stderr\n");
    expect(await page.locator("#stdout-count").innerText()).toBe("10 bytes");
    expect(await page.locator("#state").innerText()).toBe("connected");
  });

  test.each(["Cut (FIN)", "Cut (RST)"])(
    "%s in mid-stream: what arrived is what was written",
    async (fault) => {
      await run(page, PACED);
      for (const line of ["line 30\n", "line 70\n"]) {
        await outputContains(page, "stdout", line);
        const cuts = await disconnects(page);
        await page.getByRole("button", { name: fault }).click();
        await eventually(() => disconnects(page)).toBe(cuts + 1);
      }
      expect(await verdict(page)).toBe("identical");
      expect(await page.locator("#stdout").innerText()).toBe(lines("line", 150, 1));
      expect(await page.locator("#stderr").innerText()).toBe(lines("warning", 150, 10));
      expect(await page.locator(".digest [data-verdict=identical]").count()).toBe(2);
    },
  );

  test("attaches that are refused for a while are tried again", async () => {
    await run(page, PACED);
    await outputContains(page, "stdout", "line 20\n");
    await page.getByRole("button", { name: "Refuse attaches" }).click();
    await page.locator("#state", { hasText: /^reconnecting in \d+ ms, attempt [2-9]/ }).waitFor();
    expect(await verdict(page)).toBe("identical");
    expect(await page.locator("#stdout").innerText()).toBe(lines("line", 150, 1));
  });

  test("Stop kills it", async () => {
    await run(page, "echo started; sleep 1000; echo never");
    await outputContains(page, "stdout", "started");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator("#state", { hasText: /^(killed|ended by signal 9)$/ }).waitFor();
    await page.locator("#run:enabled").waitFor();
    expect(await page.locator("#stdout").innerText()).toBe("started\n");
    expect(await page.locator("#problem").isVisible()).toBe(false);
  });

  test("a failing command shows its code and its last words", async () => {
    await run(page, "echo 'no such thing' >&2; exit 3");
    expect(await verdict(page)).toBe("identical");
    expect(await page.locator("#state").innerText()).toBe("exited with code 3");
    expect(await page.locator("#stderr").innerText()).toBe("no such thing\n");
  });

  test("output that the server no longer has is marked in the output, at its place", async () => {
    const folder = await mkdtemp(join(tmpdir(), "boxlite-web-"));
    const wait = `until [ -e ${folder}/go ]; do sleep 0.02; done`;
    await run(page, `echo first; ${wait}; seq 1 200000; touch ${folder}/written; exec sleep 1000`);
    await outputContains(page, "stdout", "first\n");
    // While nobody can attach, far more is written than the server keeps.
    demo.proxy.refuse(503, { attaches: Number.MAX_SAFE_INTEGER });
    demo.proxy.cut();
    await writeFile(join(folder, "go"), "");
    await eventually(() => existsSync(join(folder, "written"))).toBe(true);
    demo.proxy.refuse(503, { attaches: 0 });
    await page.locator("#stdout .mark", { hasText: "stdout at byte 6: bytes are missing" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await rm(folder, { recursive: true });
  });

  test("more than the page keeps is trimmed, and compared all the same", async () => {
    // Not more than a server keeps for a client that is slow, so that nothing is dropped however slow this one is.
    await run(page, "seq 1 35000");
    expect(await verdict(page)).toBe("identical");
    const text = await page.locator("#stdout").innerText();
    expect(text).toMatch(/^… what came before/);
    expect(text.endsWith("\n34999\n35000\n")).toBe(true);
    expect(await page.locator("#stdout-count").innerText()).toBe("198,894 bytes");
  });

  test("when the page is left, its box and what runs there are ended", async () => {
    await run(page, "echo started; sleep 1000");
    await outputContains(page, "stdout", "started");
    expect(await boxes(demo)).not.toEqual([]);
    await page.goto("about:blank");
    await eventually(() => boxes(demo)).toEqual([]);
  });

  test("what goes wrong is said in the library's words", async () => {
    demo.proxy.requests = () => ({
      status: 401,
      body: JSON.stringify({
        error: { message: "bad token", type: "AuthenticationError", code: "unauthenticated" },
      }),
      headers: { "content-type": "application/json" },
    });
    try {
      await page.reload();
      const problem = page.getByRole("alert");
      await problem.waitFor();
      expect(await problem.innerText()).toContain("401");
      expect(await problem.innerText()).toContain("bad token");
      expect(await page.getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(true);
    } finally {
      demo.proxy.requests = undefined;
    }
  });
});

function disconnects(page: Page): Promise<number> {
  return page
    .locator("#events", { hasText: "disconnected" })
    .locator("li", { hasText: "disconnected" })
    .count();
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
