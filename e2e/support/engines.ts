import { firefox } from "playwright-core";
import { findFirefox, findMiniBrowser } from "../../scripts/engines.mjs";
import { startWebKit } from "./webkit.ts";

/** A browser other than Chromium, as far as the tests of the core behaviours need it: a profile with tabs. */
export interface Engine extends AsyncDisposable {
  open(url: string): Promise<EnginePage>;
}

export interface EnginePage {
  /** Runs a function in the page. It sees its arguments, and nothing else from here. */
  run<A extends readonly unknown[], R>(script: (...args: A) => R, ...args: A): Promise<Awaited<R>>;
  close(): Promise<void>;
}

/** The engines, each with how it is started, or why it is left out. */
export const ENGINES: readonly {
  readonly name: string;
  readonly missing: string | null;
  start(): Promise<Engine>;
}[] = [
  {
    name: "Firefox",
    missing: findFirefox() === undefined ? "no firefox or firefox-esr (or set FIREFOX_PATH)" : null,
    start: startFirefox,
  },
  {
    name: "WebKit",
    missing:
      findMiniBrowser() === undefined
        ? "no WebKitWebDriver with MiniBrowser and Xvfb (Debian's webkit2gtk-driver and xvfb)"
        : null,
    start: startWebKit,
  },
];

async function startFirefox(): Promise<Engine> {
  const executablePath = findFirefox();
  if (executablePath === undefined) throw new Error("no Firefox was found: set FIREFOX_PATH");
  // The system's own Firefox is driven over WebDriver BiDi; Playwright's patched one is none that a user has.
  const browser = await firefox.launch({ channel: "moz-firefox", executablePath });
  const context = await browser.newContext();
  return {
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return {
        run: async (script, ...args) =>
          // As a text: what Playwright makes of a function's types is not for functions with several arguments.
          (await page.evaluate(`(${script})(...${JSON.stringify(args)})`)) as never,
        close: () => page.close(),
      };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
    },
  };
}
