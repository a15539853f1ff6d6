import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  openDemo,
  openTerminal,
  panel,
  startDemo,
  terminalText,
} from "./support/demo.ts";

describe("terminals on the page", () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo();
  });
  beforeEach(async () => {
    page = await openDemo(browser, demo);
    await openTerminal(page);
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

  /** Cuts with the mouse; the focus stays in the terminal. */
  async function cut(): Promise<void> {
    const { attaches } = demo.proxy;
    await page.getByRole("button", { name: "Cut (RST)" }).click();
    await eventually(() => demo.proxy.attaches).toBeGreaterThan(attaches);
  }

  async function is(state: string): Promise<void> {
    await panel(page)
      .locator(".terminal-state", { hasText: new RegExp(`^${state}$`) })
      .waitFor();
  }

  async function size(): Promise<number[]> {
    return (await panel(page).locator(".size").innerText()).split(" × ").map(Number);
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
    await page.setViewportSize({ width: 1100, height: 700 });
    await eventually(size).not.toEqual([cols, rows]);
    const [newCols, newRows] = await size();
    // The size follows by itself, and what is typed may be there before it.
    await type(
      `until [ "$(stty size)" = "${newRows} ${newCols}" ]; do sleep 0.01; done; echo size=$(stty size)`,
    );
    await shows(`size=${newRows} ${newCols}`);
  });

  test("survives a cut, and still echoes", async () => {
    await type("kept=before");
    await shows("kept=before");
    await cut();
    await is("connected");
    await type("echo $kept-and-after");
    await shows("before-and-after");
  });

  test("two of them, in tabs, keep to themselves over cuts", async () => {
    await type("me=first");
    await shows("me=first");
    await openTerminal(page);
    await type("me=second");
    await shows("me=second");
    expect(await page.getByRole("tab").count()).toBe(3);
    for (const round of [1, 2, 3]) {
      const { attaches } = demo.proxy;
      await cut();
      // Both of them, also the one that is not in front.
      await eventually(() => demo.proxy.attaches).toBeGreaterThanOrEqual(attaches + 2);
      await is("connected");
      await type(`echo $me-${round}`);
      await shows(`second-${round}`);
      await page.getByRole("tab", { name: /^Terminal 1/ }).click();
      await is("connected");
      await panel(page).locator("textarea").focus();
      await type(`echo $me-${round}`);
      await shows(`first-${round}`);
      expect(await terminalText(page)).not.toContain("second");
      await page.getByRole("tab", { name: /^Terminal 2/ }).click();
      await panel(page).locator("textarea").focus();
    }
  });

  test("ends with its tab", async () => {
    await eventually(() => demo.proxy.open).toBe(1);
    await page.getByRole("button", { name: "Close this tab" }).click();
    await eventually(() => demo.proxy.open).toBe(0);
    expect(await page.getByRole("tab").count()).toBe(1);
  });

  test("shows its code at the end, and a new one can be had", async () => {
    await type("exit 5");
    await shows("[code 5]");
    await is("exited with code 5");
    await page.getByRole("button", { name: "New shell" }).click();
    await is("connected");
    await type("echo $((6 * 7))-again");
    await shows("42-again");
  });
});
