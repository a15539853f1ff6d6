import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { findChromium } from "../../scripts/chromium.mjs";
import { chromiumArguments } from "./demo.ts";

/**
 * A Chromium that behaves as a user's: its pages can be hidden and frozen, and go into the back/forward cache. One that Playwright
 * launches has focus emulated and the cache turned off.
 */
export interface PlainChromium extends AsyncDisposable {
  readonly context: BrowserContext;
}

export async function startPlainChromium(): Promise<PlainChromium> {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const child = spawn((await findChromium()) ?? "chromium", [
    ...chromiumArguments(),
    "--headless=new",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    "about:blank",
  ]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.once("error", reject);
    child.once("close", () => reject(new Error(`Chromium did not start: ${said}`)));
    child.stderr.on("data", (text: Buffer) => {
      said += text;
      const found = /ws:\/\/\S+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
  });
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  const [context] = browser.contexts();
  if (context === undefined) throw new Error("Chromium has no default context");
  return {
    context,
    async [Symbol.asyncDispose]() {
      await browser.close();
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
