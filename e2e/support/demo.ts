import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { createLoader } from "../../demo/load.mjs";
import type { Demo } from "../../demo/server.ts";
import { findChromium } from "../../scripts/chromium.mjs";

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium();
  if (executablePath === undefined) {
    throw new Error("no Chromium was found: run `node scripts/setup.mjs --browser`, or set CHROMIUM_PATH");
  }
  return chromium.launch({ executablePath, args: chromiumArguments() });
}

export function chromiumArguments(): string[] {
  // Chromium's sandbox does not run as root.
  return process.getuid?.() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS;
}

/** Starts the demo as `demo/start.mjs` does: its TypeScript goes through Vite's loader and not through Vitest's. */
export async function startDemo(dialect: "serve" | "runner" = "serve"): Promise<Demo> {
  const loader = await createLoader();
  const { startDemo } = await loader.load("/demo/server.ts");
  const demo = await startDemo({ dialect, port: 0, open: false });
  return {
    ...demo,
    async [Symbol.asyncDispose]() {
      await demo[Symbol.asyncDispose]();
      await loader.close();
    },
  };
}

/** A page of the demo, with its box and its shell ready. */
export async function openDemo(
  browser: Browser,
  demo: Demo,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(demo.url);
  await page.locator("#run:enabled").waitFor();
  await page.locator("#shell-state", { hasText: "connected" }).waitFor();
  return page;
}

/** Makes what is typed go to the shell, which has its prompt. A terminal that is out of sight draws nothing. */
export async function focusShell(page: Page): Promise<void> {
  await page.locator("#terminal").scrollIntoViewIfNeeded();
  await page.locator("#terminal .xterm-rows", { hasText: "$" }).waitFor();
  await page.locator("#terminal textarea").focus();
}

/** Starts a command on the page. */
export async function run(page: Page, commandLine: string): Promise<void> {
  await page.getByRole("textbox", { name: "Command" }).fill(commandLine);
  await page.getByRole("button", { name: "Run", exact: true }).click();
}

/** Waits until a stream's pane contains a text. */
export async function outputContains(page: Page, stream: "stdout" | "stderr", text: string): Promise<void> {
  await page.locator(`#${stream}`, { hasText: text }).waitFor();
}

/** Waits for the verdict at the end of a command, and returns it. */
export async function verdict(page: Page): Promise<string> {
  const output = page.locator("#verdict", { hasText: /^(identical|differs|cannot be compared)$/ });
  await output.waitFor();
  return output.innerText();
}

/** Expects something of a value that may take its time to become so. */
export function eventually<T>(value: () => T) {
  return expect.poll(value, { timeout: 10_000 });
}

/** What the terminal shows. */
export async function terminalText(page: Page): Promise<string> {
  return page.locator("#terminal .xterm-rows").innerText();
}
