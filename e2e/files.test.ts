import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "./support/demo.ts";
import { TRANSFERRED, transferDirectories, transferFiles } from "./support/files.ts";
import { type BarePage, startBarePage } from "./support/page.ts";

/** Files of a box in a page: through the gateway, over HTTP/1.1, where no browser sends a stream. */

let browser: Browser;
let bare: BarePage;
beforeAll(async () => {
  browser = await launchChromium();
  bare = await startBarePage();
});
afterAll(async () => {
  await browser?.close();
  await bare?.[Symbol.asyncDispose]();
});

async function open() {
  const page = await browser.newPage();
  await page.goto(bare.url);
  await page.waitForFunction(() => "boxlite" in globalThis);
  return page;
}

test("text, bytes, streams and Files go up and come down as they were", async () => {
  const page = await open();
  expect(await page.evaluate(transferFiles)).toEqual(TRANSFERRED);
  await page.close();
});

test("directories of the File System API, both ways", async () => {
  const page = await open();
  expect(await page.evaluate(transferDirectories)).toEqual({
    "a.txt": "a",
    "sub/": null,
    "sub/b.txt": "100000 × b",
    "sub/none/": null,
  });
  await page.close();
});
