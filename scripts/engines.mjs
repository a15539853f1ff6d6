import { existsSync } from "node:fs";
import { findCommand } from "./system.mjs";

const MINI_BROWSERS = [
  "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
  "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
  "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
];

/** The Firefox to drive: `FIREFOX_PATH`, else the system's, else undefined. */
export function findFirefox() {
  return process.env.FIREFOX_PATH ?? findCommand("firefox", "firefox-esr");
}

/** WebKit's own small browser, where there are a driver and a display for it, too; else undefined. */
export function findMiniBrowser() {
  if (!findCommand("WebKitWebDriver") || !findCommand("xvfb-run")) return undefined;
  return MINI_BROWSERS.find((path) => existsSync(path));
}
