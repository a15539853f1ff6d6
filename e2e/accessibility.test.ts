import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  linesCame,
  log,
  openDemo,
  openTerminal,
  panel,
  run,
  startDemo,
  terminalText,
  verdict,
} from "./support/demo.ts";
import { poorContrast, unnamed } from "./support/inspection.ts";
import { PERIODIC, runInParts } from "./support/parts.ts";

describe("whoever uses keys or a screen reader", () => {
  let browser: Browser;
  let demo: Demo;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  /** The name of what has the focus, as far as it can be told from attributes and text. */
  function focused(page: Page): Promise<string> {
    return page.evaluate(() => {
      const element = document.activeElement;
      const field = element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
      const label = field ? element.labels?.[0] : undefined;
      // A select is within its label, and its options with it.
      const text = element instanceof HTMLSelectElement ? label?.firstChild?.textContent : label?.textContent;
      return (element?.getAttribute("aria-label") ?? text ?? element?.textContent ?? "").trim();
    });
  }

  async function tabUntil(page: Page, name: string, key = "Tab"): Promise<string[]> {
    const names: string[] = [];
    while (names.at(-1) !== name) {
      if (names.length > 60) throw new Error(`"${name}" is not reached: ${names.join(", ")}`);
      await page.keyboard.press(key);
      names.push(await focused(page));
    }
    return names;
  }

  test("reaches each control in the page's order", async () => {
    const page = await openDemo(browser, demo);
    await page.getByRole("link", { name: "Skip to the content" }).focus();
    const names = await tabUntil(page, "What the connection went through");
    const box = /^…\w{6}/;
    const plain = names.map((name) => (box.test(name) ? "(box)" : name.replace(/…\w+/, "(box)")));
    expect(plain).toEqual([
      "Boxes",
      "Network",
      "Theme: system",
      "Keyboard",
      "Refresh the list",
      "New box",
      "(box)",
      "Stop (box)",
      "Remove (box)",
      "Command, nothing started",
      "Command",
      "Terminal",
      "Close this tab",
      "Command",
      "Run",
      "400 lines, paced",
      "20,000 lines at once",
      "colours",
      "a line per second",
      "a failure",
      "Both",
      "Search stdout",
      "Copy stdout",
      "Download stdout",
      "stdout",
      "Search stderr",
      "Copy stderr",
      "Download stderr",
      "stderr",
      "Cut (FIN)",
      "Cut (RST)",
      "Go silent",
      "Offline",
      "Latency",
      "What the connection went through",
    ]);
    await page.context().close();
  });

  test("does the demo's main job with keys alone: run, read, search, a terminal and out of it, cut, close", async () => {
    const page = await openDemo(browser, demo);
    for (const place of ["Cut (FIN)", "New box", "Command, nothing started", "Command"]) {
      await page.keyboard.press("F6");
      expect(await focused(page)).toBe(place);
    }
    await page.keyboard.press("Control+A");
    await page.keyboard.type("seq 1 3000; echo last words >&2");
    await page.keyboard.press("Enter");
    await linesCame(page, "stdout", 3000);
    expect(await verdict(page)).toBe("identical");
    await tabUntil(page, "stdout");
    await page.keyboard.press("/");
    await page.keyboard.type("1234");
    await eventually(() => log(page, "stdout").locator(".row.current").getAttribute("data-line")).toBe(
      "1234",
    );
    await page.keyboard.press("Escape");
    expect(await focused(page)).toBe("stdout");

    await page.keyboard.press("Shift+F6");
    await tabUntil(page, "Terminal");
    await page.keyboard.press("Enter");
    await eventually(() => terminalText(page)).toContain("$");
    await page.keyboard.type("echo $((6 * 7))-keys\n");
    await eventually(() => terminalText(page)).toContain("42-keys");
    // All keys are the terminal's, F6 excepted.
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Terminal input");
    const { attaches } = demo.proxy;
    await page.keyboard.press("F6");
    expect(await focused(page)).toBe("Cut (FIN)");
    await page.keyboard.press("Enter");
    await eventually(() => demo.proxy.attaches).toBe(attaches + 1);

    for (let step = 0; step < 2; step += 1) await page.keyboard.press("F6");
    expect(await focused(page)).toMatch(/^Terminal 1/);
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).toMatch(/^seq 1 3000/);
    expect(await log(page, "stdout").isVisible()).toBe(true);
    await page.keyboard.press("End");
    await page.keyboard.press("Delete");
    expect(await page.getByRole("tab").count()).toBe(1);
    expect(await focused(page)).toMatch(/^seq 1 3000/);
    await page.keyboard.press("F1");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await focused(page)).toMatch(/^seq 1 3000/);
    await page.context().close();
  });

  test("is told of what comes, at a pace that one can listen to", async () => {
    const page = await openDemo(browser, demo);
    expect(await log(page, "stdout").getAttribute("aria-live")).toBe("off");
    await run(page, "echo first; sleep 1000");
    const live = panel(page).locator("[data-stream=stdout] [aria-live=polite]");
    await eventually(() => live.textContent()).toBe("stdout: first");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.locator(".run-button:enabled").waitFor();
    await run(page, "seq 1 5000; exec sleep 1000");
    await eventually(() => live.textContent()).toMatch(/5000$/);
    await page.context().close();
  });

  test.each(["light", "dark"] as const)(
    "finds a role and a name on everything, and contrast, %s",
    { timeout: 180_000 },
    async (colorScheme) => {
      const page = await openDemo(browser, demo, { colorScheme });
      await run(
        page,
        'for i in $(seq 0 15); do printf "\\033[38;5;%smcolour %s\\033[0m\\n" $i $i; done; echo err >&2; exit 3',
      );
      expect(await verdict(page)).toBe("identical");
      expect(await poorContrast(page)).toEqual([]);
      await runInParts(page, PERIODIC);
      demo.proxy.cut();
      await panel(page).locator(".marks").first().click();
      expect(await unnamed(page)).toEqual([]);
      expect(await poorContrast(page)).toEqual([]);
      await page.getByRole("button", { name: "Offline" }).click();
      await page.locator("#deadline").waitFor();
      await page.getByRole("button", { name: "New box" }).click();
      await page.getByRole("button", { name: "Search stdout" }).click();
      await page.keyboard.type("y");
      await page.locator(".row.current").waitFor();
      expect(await unnamed(page)).toEqual([]);
      expect(await poorContrast(page)).toEqual([]);
      await page.getByRole("button", { name: "Offline" }).click();
      await page.locator("#deadline").waitFor({ state: "hidden" });
      await openTerminal(page);
      expect(await unnamed(page)).toEqual([]);
      expect(await poorContrast(page)).toEqual([]);
      await page.context().close();
    },
  );

  test("has tabs, panels, regions and a log by their roles", async () => {
    const page = await openDemo(browser, demo);
    const tab = page
      .getByRole("tablist", { name: "Commands and terminals" })
      .getByRole("tab", { selected: true });
    expect(await tab.getAttribute("aria-controls")).toBe(await panel(page).getAttribute("id"));
    expect(await panel(page).getAttribute("aria-labelledby")).toBe(await tab.getAttribute("id"));
    for (const part of [
      page.getByRole("banner"),
      page.getByRole("main"),
      page.getByRole("navigation", { name: "Boxes" }),
      page.getByRole("region", { name: "Network" }),
      page.getByRole("log", { name: "stdout", exact: true }),
      page.getByRole("log", { name: "stderr", exact: true }),
      page.getByRole("heading", { level: 1, name: "boxlite-web" }),
    ]) {
      expect(await part.count()).toBe(1);
    }
    await page.context().close();
  });
});
