#!/usr/bin/env node
/**
 * Installs what is missing, and says so in a line: the npm packages of the lock file; with `--browser`, a Chromium where none is
 * found; with `--engines`, Debian's Firefox and WebKit, too, of which the tests leave out what is not there. Needs nothing but
 * Node and npm; does nothing when all is there.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium, installChromium } from "./chromium.mjs";
import { findFirefox, findMiniBrowser } from "./engines.mjs";
import { aptInstall, canAptInstall } from "./system.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const STAMP = "node_modules/.setup-stamp";
const wanted = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
const installed = existsSync(STAMP) ? readFileSync(STAMP, "utf8") : "";

if (installed !== wanted) {
  console.error("setup: installing the npm packages of package-lock.json");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm_execpath is npm's own script: running it with this Node works on Windows, too, where `npm` is a .cmd file.
  if (npm) execFileSync(process.execPath, [npm, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  else execFileSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(STAMP, wanted);
}

if (process.argv.includes("--browser") && !(await findChromium())) {
  console.error("setup: installing Chromium for the browser tests");
  try {
    installChromium();
  } catch (error) {
    console.error(`setup: no Chromium could be installed (${error.message.split("\n")[0]}).`);
    console.error("setup: install Chromium or Chrome, or set CHROMIUM_PATH to one, and run this again.");
    process.exit(1);
  }
}

const hasEngines = findFirefox() !== undefined && findMiniBrowser() !== undefined;
if (process.argv.includes("--engines") && !hasEngines && canAptInstall()) {
  console.error("setup: installing Firefox and WebKit for the browser tests");
  try {
    aptInstall("firefox-esr", "webkit2gtk-driver", "xvfb");
  } catch (error) {
    console.error(`setup: not all could be installed (${error.message.split("\n")[0]}).`);
  }
}
