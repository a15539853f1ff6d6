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
  lineCount,
  linesCame,
  log,
  openDemo,
  pane,
  run,
  startDemo,
  verdict,
} from "./support/demo.ts";
import { runInParts } from "./support/parts.ts";

describe("a log on the page", () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo();
  });
  beforeEach(async () => {
    page = await openDemo(browser, demo, { permissions: ["clipboard-read", "clipboard-write"] });
  });
  afterEach(async () => {
    await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  const rows = () => log(page, "stdout").locator(".row");
  const firstRow = () => rows().first().getAttribute("data-line").then(Number);
  const lastRow = () => rows().last().getAttribute("data-line").then(Number);
  const nodes = () => page.evaluate(() => document.querySelectorAll("*").length);

  test("of a million lines has few elements, goes anywhere, and finds what is asked for", async () => {
    await runInParts(page, { count: 16, lines: 62_500, command: "yes x | head -n 62499; echo needle $p" });
    expect(await lineCount(page, "stdout")).toBe(1_000_000);
    expect(await verdict(page)).toBe("identical");
    // At the end, as long as nobody scrolls.
    await eventually(lastRow).toBe(1_000_000);
    const atEnd = await nodes();
    expect(await rows().count()).toBeLessThan(60);

    await log(page, "stdout").focus();
    await page.keyboard.press("Home");
    await eventually(firstRow).toBe(1);
    await log(page, "stdout").hover();
    await page.mouse.wheel(0, 18 * 10);
    await eventually(firstRow).toBe(11);
    // The thumb, to the middle.
    await log(page, "stdout").evaluate((element) => {
      element.scrollTop = (element.scrollHeight - element.clientHeight) / 2;
    });
    await eventually(firstRow).toBeGreaterThan(499_000);
    expect(await firstRow()).toBeLessThan(501_000);
    // By lines there, too, though the scroll bar's pixels stand for more.
    const middle = await firstRow();
    await page.mouse.wheel(0, 18 * 10);
    await eventually(firstRow).toBe(middle + 10);

    await page.getByRole("button", { name: "Search stdout" }).click();
    await page.keyboard.type("NEEDLE 1");
    const found = pane(page, "stdout").getByRole("search").getByRole("status");
    // 1 and 10 to 16; from the middle on, the next one is the tenth's.
    await eventually(() => found.innerText()).toBe("2 of 8");
    await eventually(() => log(page, "stdout").locator(".row.current").getAttribute("data-line")).toBe(
      "625000",
    );
    expect(await log(page, "stdout").locator(".row.current mark").innerText()).toBe("needle 1");
    await page.keyboard.press("Enter");
    await eventually(() => found.innerText()).toBe("3 of 8");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.press("Shift+Enter");
    await eventually(() => found.innerText()).toBe("1 of 8");
    expect(await log(page, "stdout").locator(".row.current").innerText()).toBe("needle 1");
    await page.keyboard.press("Escape");
    await page.keyboard.press("End");
    await eventually(lastRow).toBe(1_000_000);
    expect(await nodes()).toBeLessThan(atEnd + 60);
    expect(await rows().count()).toBeLessThan(60);
  });

  test("stays where one reads while more comes, and goes to the newest when asked", async () => {
    const folder = await mkdtemp(join(tmpdir(), "boxlite-web-"));
    await run(
      page,
      `seq 1 500; until [ -e ${folder}/go ]; do sleep 0.02; done; seq 501 1000; exec sleep 1000`,
    );
    await linesCame(page, "stdout", 500);
    await log(page, "stdout").focus();
    await page.keyboard.press("Home");
    await eventually(firstRow).toBe(1);
    await writeFile(join(folder, "go"), "");
    await linesCame(page, "stdout", 1000);
    expect(await firstRow()).toBe(1);
    await page.getByRole("button", { name: "Newest" }).click();
    await eventually(lastRow).toBe(1000);
    expect(await page.getByRole("button", { name: "Newest" }).isVisible()).toBe(false);
    await rm(folder, { recursive: true });
  });

  test("shows colours, and what looks like markup as text", async () => {
    await run(
      page,
      "printf '\\033[31mred\\033[0m \\033[1;38;2;0;128;255mtrue\\033[0m <img src=x onerror=alert(1)> \\033]0;title\\007&amp;\\n'",
    );
    await linesCame(page, "stdout", 1);
    const row = rows().first();
    expect(await row.innerText()).toBe("red true <img src=x onerror=alert(1)> &amp;");
    expect(await row.locator("img").count()).toBe(0);
    const colour = (text: string) =>
      row
        .locator("span", { hasText: text })
        .first()
        .evaluate((element) => getComputedStyle(element).color);
    const red = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.color = "var(--ansi-1)";
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    });
    expect(await colour("red")).toBe(red);
    // Blue enough to be read on white: darker than what was asked for.
    expect(await colour("true")).toMatch(/^rgb\(0, \d+, 2\d\d\)$/);
    expect(await row.locator(".bold").innerText()).toBe("true");
  });

  test("is copied as text, and downloaded as it came", async () => {
    await run(page, "printf '\\033[32mgreen\\033[0m\\nsecond \\303\\251\\n'");
    expect(await verdict(page)).toBe("identical");
    await page.getByRole("button", { name: "Copy stdout" }).click();
    await pane(page, "stdout").getByText("copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("green\nsecond é\n");
    expect(await downloaded(page, "stdout")).toBe("\x1b[32mgreen\x1b[0m\nsecond é\n");
  });

  test("shows a long line in part, and says how much more there is", async () => {
    await run(page, "head -c 100000 /dev/zero | tr '\\0' x; echo");
    await linesCame(page, "stdout", 1);
    await eventually(() => countText(page, "stdout")).toBe("100,001 bytes · 1 line");
    await eventually(() => rows().first().innerText()).toMatch(/^x{8192}… 91,809 more bytes$/);
    expect(await downloaded(page, "stdout")).toBe(`${"x".repeat(100_000)}\n`);
  });

  test("shows one of its streams, or both", async () => {
    const shown = async () => [await log(page, "stdout").isVisible(), await log(page, "stderr").isVisible()];
    expect(await shown()).toEqual([true, true]);
    await page.getByRole("group", { name: "Output shown" }).getByText("stderr").click();
    expect(await shown()).toEqual([false, true]);
    await page.keyboard.press("ArrowLeft");
    expect(await shown()).toEqual([true, false]);
  });
});
