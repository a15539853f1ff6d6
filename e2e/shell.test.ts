import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import { eventually, focusShell, launchChromium, openDemo, startDemo, terminalText } from "./support/demo.ts";

describe("the shell on the page", () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo();
  });
  beforeEach(async () => {
    page = await openDemo(browser, demo);
    await focusShell(page);
  });
  afterEach(async () => {
    await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  async function shows(text: string): Promise<void> {
    await eventually(() => terminalText(page)).toContain(text);
  }

  async function type(line: string): Promise<void> {
    await page.keyboard.type(`${line}\n`);
  }

  test("echoes what is typed, and answers", async () => {
    await type("echo $((6 * 7))-answer");
    await shows("echo $((6 * 7))-answer");
    await shows("42-answer");
  });

  test("has the size that is shown, after the window has changed, too", async () => {
    await type("echo size=$(stty size)");
    const [cols, rows] = await size();
    await shows(`size=${rows} ${cols}`);
    await page.setViewportSize({ width: 900, height: 700 });
    await eventually(size).not.toEqual([cols, rows]);
    const [newCols, newRows] = await size();
    await type("echo size=$(stty size)");
    await shows(`size=${newRows} ${newCols}`);
  });

  test("survives a cut, and still echoes", async () => {
    await type("kept=before");
    await shows("kept=before");
    const { attaches } = demo.proxy;
    await page.locator(".shell").getByRole("button", { name: "Cut" }).click();
    await eventually(() => demo.proxy.attaches).toBe(attaches + 1);
    await page.locator("#shell-state", { hasText: /^connected$/ }).waitFor();
    await type("echo $kept-and-after");
    await shows("before-and-after");
  });

  test("shows its code at the end, and a new one can be had", async () => {
    await type("exit 5");
    await shows("[code 5]");
    expect(await page.locator("#shell-state").innerText()).toBe("exited with code 5");
    await page.getByRole("button", { name: "New shell" }).click();
    await page.locator("#shell-state", { hasText: /^connected$/ }).waitFor();
    await type("echo $((6 * 7))-again");
    await shows("42-again");
  });

  async function size(): Promise<number[]> {
    return (await page.locator("#shell-size").innerText()).split(" × ").map(Number);
  }
});
