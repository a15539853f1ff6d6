import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { aptInstall, canAptInstall, findCommand } from "./system.mjs";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge"];
const APPLICATIONS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The Chromium to drive: `CHROMIUM_PATH`, else one of the system's, else Playwright's own, else undefined. */
export async function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const command = findCommand(...COMMANDS);
  if (command) return command;
  const application = APPLICATIONS.find((path) => existsSync(path));
  if (application) return application;
  try {
    const { chromium } = await import("playwright-core");
    const own = chromium.executablePath();
    if (own && existsSync(own)) return own;
  } catch {
    // Its browser was never downloaded, or the package is not installed yet.
  }
  return undefined;
}

/** Installs a Chromium: Debian's package when root, else Playwright's download. Throws when neither works. */
export function installChromium() {
  if (canAptInstall()) {
    aptInstall("chromium");
    return;
  }
  execFileSync(process.execPath, ["node_modules/playwright-core/cli.js", "install", "chromium"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
