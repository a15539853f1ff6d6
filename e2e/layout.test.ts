import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  focusShell,
  launchChromium,
  openDemo,
  outputContains,
  run,
  startDemo,
  terminalText,
  verdict,
} from "./support/demo.ts";

const PACED =
  'i=0; while [ $i -lt 120 ]; do i=$((i+1)); echo "line $i"; [ $((i % 10)) = 0 ] && echo "warning $i" >&2; sleep 0.02; done';

/** The page as people see it; the pictures are for people to look at. */
describe("the page", () => {
  let browser: Browser;
  let demo: Demo;

  beforeAll(async () => {
    mkdirSync("e2e/screenshots", { recursive: true });
    browser = await launchChromium();
    demo = await startDemo();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  test.each([
    ["wide-light", { width: 1440, height: 900 }, "light"],
    ["wide-dark", { width: 1440, height: 900 }, "dark"],
    ["medium-light", { width: 900, height: 1000 }, "light"],
    ["narrow-light", { width: 360, height: 740 }, "light"],
    ["narrow-dark", { width: 360, height: 740 }, "dark"],
  ] as const)("%s: everything fits, in mid-run and at the end", async (name, viewport, colorScheme) => {
    const page = await openDemo(browser, demo, { viewport, colorScheme });
    await focusShell(page);
    await page.keyboard.type("uname -s; stty size\n");
    await eventually(() => terminalText(page)).toMatch(/\d+ \d+/);
    await run(page, PACED);
    for (const [line, fault] of [
      ["line 30\n", "Cut (FIN)"],
      ["line 70\n", "Cut (RST)"],
    ] as const) {
      await outputContains(page, "stdout", line);
      await page.getByRole("button", { name: fault }).click();
    }
    await page.locator("#events", { hasText: "attach 3" }).waitFor();
    await screenshot(page, `${name}-mid-run`);
    expect(await verdict(page)).toBe("identical");
    await screenshot(page, name);
    expect(await widerThanTheWindow(page)).toEqual([]);
    await page.locator(".shell").screenshot({ path: `e2e/screenshots/${name}-shell.png` });
    await page.context().close();
  });

  test("the wide page fits the window's height", async () => {
    const page = await openDemo(browser, demo);
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
    await page.context().close();
  });

  test("each control is reached by keyboard, in the page's order, and has a name", async () => {
    const page = await openDemo(browser, demo);
    const names: string[] = [];
    for (let step = 0; step < 10; step += 1) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const element = document.activeElement;
        const label =
          element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
        return label?.trim() ?? "";
      });
      names.push(name);
    }
    expect(names).toEqual([
      "Command",
      "Run",
      "400 lines, paced",
      "20,000 lines at once",
      "a line per second",
      "a failure",
      "Cut (FIN)",
      "Cut (RST)",
      "Refuse attaches for 2 s",
      "Go silent",
    ]);
    await page.context().close();
  });
});

async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `e2e/screenshots/${name}.png` });
}

/** Elements that make the page scroll sideways. */
function widerThanTheWindow(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((element) => element.closest("pre, .xterm, dd") === null || element.matches("pre, dd"))
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map((element) => element.id || element.className || element.tagName),
  );
}
