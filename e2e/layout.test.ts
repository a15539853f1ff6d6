import { mkdirSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  linesCame,
  openDemo,
  openTerminal,
  pane,
  run,
  startDemo,
  terminalText,
  verdict,
} from "./support/demo.ts";
import { PERIODIC, runInParts } from "./support/parts.ts";

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
    ["medium-light", { width: 800, height: 1000 }, "light"],
    ["narrow-light", { width: 360, height: 740 }, "light"],
    ["narrow-dark", { width: 360, height: 740 }, "dark"],
  ] as const)(
    "%s: everything fits, in each state",
    { timeout: 180_000 },
    async (name, viewport, colorScheme) => {
      const page = await openDemo(browser, demo, { viewport, colorScheme });
      const see = async (state: string) => {
        await page.screenshot({ path: `e2e/screenshots/${name}-${state}.png` });
        expect(await widerThanTheWindow(page), state).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight), state).toBe(0);
      };
      const network = page.getByRole("button", { name: "Network" });
      const narrow = (await network.getAttribute("aria-expanded")) === "false";
      await see("empty");
      await run(page, PACED);
      await linesCame(page, "stdout", 30);
      await see("running");
      expect(await verdict(page)).toBe("identical");
      await see("done");
      await runInParts(page, PERIODIC);
      await linesCame(page, "stderr", 1);
      demo.proxy.cut();
      await pane(page, "stdout").getByRole("button", { name: "1 mark" }).click();
      await see("ambiguous");
      if (narrow) await network.click();
      await page.getByRole("button", { name: "Offline" }).click();
      await page.locator("#events", { hasText: "attempt 2" }).waitFor();
      await see("reconnecting");
      await page.getByRole("button", { name: "Offline" }).click();
      await page.locator("#deadline").waitFor({ state: "hidden" });
      if (narrow) await network.click();
      await page.getByRole("button", { name: "Search stdout" }).click();
      await page.keyboard.type("y");
      await pane(page, "stdout").locator(".row.current").waitFor();
      await see("search");
      await openTerminal(page);
      await page.keyboard.type("printf '\\033[31mred \\033[32mgreen\\033[0m\\n'\n");
      await eventually(() => terminalText(page)).toContain("red green");
      await see("terminal");
      if (narrow) await page.getByRole("button", { name: "Boxes" }).click();
      await page.getByRole("button", { name: "New box" }).click();
      await see("boxes");
      await page.getByRole("button", { name: "Keyboard" }).click();
      await see("keyboard");
      await page.context().close();
    },
  );

  test("the colours are the system's, or those that were chosen, which are remembered", async () => {
    const page = await openDemo(browser, demo, { colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    const toggle = page.getByRole("button", { name: /^Theme/ });
    await toggle.click();
    expect(await toggle.innerText()).toBe("Theme: light");
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    expect(await ground()).toBe(light);
    await toggle.click();
    await page.emulateMedia({ colorScheme: "light" });
    expect([await toggle.innerText(), await ground()]).toEqual(["Theme: dark", dark]);
    await toggle.click();
    expect([await toggle.innerText(), await ground()]).toEqual(["Theme: system", light]);
    await page.context().close();
  });
});

/** Elements that stick out of the window at its right. What is scrolled in a part of the page may be wider. */
function widerThanTheWindow(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter(
        (element) =>
          element.closest(".log-view > *, .xterm, [role=tablist] > *, .samples > .buttons > *, dd") === null,
      )
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map((element) => element.id || element.className || element.tagName),
  );
}
