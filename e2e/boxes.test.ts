import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  linesCame,
  log,
  openDemo,
  run,
  runState,
  startDemo,
} from "./support/demo.ts";

describe("boxes on the page", () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  beforeEach(async () => {
    demo = await startDemo();
    page = await openDemo(browser, demo);
  });
  afterEach(async () => {
    await page?.context().close();
    await demo?.[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await browser?.close();
  });

  const rows = () => page.getByRole("list", { name: "Boxes" }).getByRole("listitem");

  async function createBox(name: string): Promise<void> {
    await page.getByRole("button", { name: "New box" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("button", { name: "Create" }).click();
    await rows().filter({ hasText: name }).waitFor();
  }

  test("are created, told apart, and commands run in the one that is chosen", async () => {
    await createBox("second");
    expect(await rows().count()).toBe(2);
    // The new one is chosen.
    expect(
      await rows()
        .filter({ has: page.locator("[aria-current]") })
        .innerText(),
    ).toContain("second");
    await page.getByRole("button", { name: "Command", exact: true }).click();
    await run(page, "pwd; basename $PWD");
    await linesCame(page, "stdout", 2);
    const second = await log(page, "stdout").innerText();
    await page.getByRole("tab").first().click();
    await run(page, "pwd; basename $PWD");
    await linesCame(page, "stdout", 2);
    expect(await log(page, "stdout").innerText()).not.toBe(second);
    // With its tab in front, a box is the chosen one.
    expect(
      await rows()
        .filter({ has: page.locator("[aria-current]") })
        .innerText(),
    ).not.toContain("second");
  });

  test("are stopped, started and removed; what ran there says how it ended", async () => {
    await createBox("mine");
    const mine = rows().filter({ hasText: "mine" });
    await page.getByRole("button", { name: "Command", exact: true }).click();
    await run(page, "echo here; exec sleep 1000");
    await linesCame(page, "stdout", 1);
    await page.getByRole("button", { name: "Stop mine" }).click();
    await mine.locator(".box-status", { hasText: "stopped" }).waitFor();
    await eventually(() => runState(page).innerText()).toMatch(/killed|ended by signal|exited|failed/);
    await page.getByRole("button", { name: "Start mine" }).click();
    await mine.locator(".box-status", { hasText: "running" }).waitFor();
    // Asked once more, and can be kept.
    await page.getByRole("button", { name: "Remove mine", exact: true }).click();
    await page.keyboard.press("Escape");
    expect(await mine.count()).toBe(1);
    await page.getByRole("button", { name: "Remove mine", exact: true }).click();
    await page.getByRole("button", { name: "Remove mine with all that runs in it" }).click();
    await eventually(() => mine.count()).toBe(0);
    await eventually(() => page.getByRole("tab", { selected: true }).innerText()).toContain("gone");
    // The last one, too: then it is said what to do.
    await page.getByRole("button", { name: /^Remove …\w+$/ }).click();
    await page.getByRole("button", { name: /^Remove …\w+ with/ }).click();
    await page.getByText("There is no box. Create one to run commands in it.").waitFor();
    expect(await page.getByRole("button", { name: "Command", exact: true }).isDisabled()).toBe(true);
  });

  test("a name that is taken is said", async () => {
    await createBox("one");
    await page.getByRole("button", { name: "New box" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("one");
    await page.getByRole("button", { name: "Create" }).click();
    await page.locator("#problem", { hasText: "one" }).waitFor();
    expect(await rows().count()).toBe(2);
  });

  test("of a server that has died: the list says so, and so does what ran there, which counts down", async () => {
    await run(page, "echo here; exec sleep 1000");
    await linesCame(page, "stdout", 1);
    await demo.server.close();
    await page.getByRole("timer").waitFor();
    await page.locator("#events", { hasText: /attempt 2/ }).waitFor();
    await page.getByRole("button", { name: "Refresh the list" }).click();
    await page.locator("#box-failure").waitFor();
    expect(await page.locator("#box-problem").innerText()).toContain("List boxes");
    await page.getByText("The boxes as they were when the server last answered.").waitFor();
    // What was read stays to be read.
    expect(await log(page, "stdout").innerText()).toBe("here");
  });
});
