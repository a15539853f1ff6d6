import { readFile } from "node:fs/promises";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
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

export type Stream = "stdout" | "stderr";

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

/** A page of the demo, with its box and a tab for commands. */
export async function openDemo(
  browser: Browser,
  demo: Demo,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  await page.goto(demo.url);
  await runButton(page).and(page.locator(":enabled")).waitFor();
  return page;
}

/** The tab panel in front. */
export function panel(page: Page): Locator {
  return page.getByRole("tabpanel");
}

export function runButton(page: Page): Locator {
  return page.getByRole("button", { name: "Run", exact: true });
}

/** How the command in front stands. */
export function runState(page: Page): Locator {
  return panel(page).locator(".run-state");
}

/** Starts a command on the page. */
export async function run(page: Page, commandLine: string): Promise<void> {
  await page.getByRole("textbox", { name: "Command" }).fill(commandLine);
  await runButton(page).click();
}

/** The pane of one stream, in the tab in front. */
export function pane(page: Page, stream: Stream): Locator {
  return panel(page).getByRole("region", { name: stream, exact: true });
}

/** What can be scrolled in it. */
export function log(page: Page, stream: Stream): Locator {
  return page.getByRole("log", { name: stream, exact: true });
}

/** What the pane says that it has, e.g. `10 bytes · 1 line`. */
export function countText(page: Page, stream: Stream): Promise<string> {
  return pane(page, stream).locator("header > .count").innerText();
}

/** How many lines of a stream have come. They need not be in sight. */
export async function lineCount(page: Page, stream: Stream): Promise<number> {
  const [, lines = "0"] = / ([\d,]+) line/.exec(await countText(page, stream)) ?? [];
  return Number(lines.replaceAll(",", ""));
}

/** Waits until so many lines of a stream have come. */
export async function linesCame(page: Page, stream: Stream, lines: number): Promise<void> {
  await eventually(() => lineCount(page, stream)).toBeGreaterThanOrEqual(lines);
}

/** All that came on a stream, as its download has it. */
export async function downloaded(page: Page, stream: Stream): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: `Download ${stream}` }).click();
  return readFile(await (await download).path(), "utf8");
}

/** Waits for the verdict at the end of a command, and returns it. */
export async function verdict(page: Page): Promise<string> {
  const output = panel(page).locator(".verdict-state", {
    hasText: /^(identical|differs|cannot be compared)$/,
  });
  await output.waitFor();
  return output.innerText();
}

/** Opens a terminal, which has the focus, and waits for its prompt. */
export async function openTerminal(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Terminal", exact: true }).click();
  await panel(page).locator(".xterm-rows", { hasText: "$" }).waitFor();
}

/** What the terminal in front shows. */
export function terminalText(page: Page): Promise<string> {
  return panel(page).locator(".xterm-rows").innerText();
}

/** Expects something of a value that may take its time to become so. */
export function eventually<T>(value: () => T) {
  return expect.poll(value, { timeout: 20_000 });
}
