import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import { downloaded, launchChromium, linesCame, openDemo, run, startDemo, verdict } from "./support/demo.ts";

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

test("a connection that goes silent is found out, and replaced", async () => {
  const page = await openDemo(browser, demo);
  await run(page, "for i in 1 2 3; do echo before $i; done; sleep 1; echo after");
  await linesCame(page, "stdout", 3);
  await page.getByRole("button", { name: "Go silent" }).click();
  await page.locator("#events", { hasText: /connected, attach 2/ }).waitFor();
  expect(await verdict(page)).toBe("identical");
  expect(await downloaded(page, "stdout")).toBe("before 1\nbefore 2\nbefore 3\nafter\n");
});
