import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { launchChromium } from "../../e2e/support/demo.ts";
import { ENGINES, type EnginePage } from "../../e2e/support/engines.ts";
import { findChromium } from "../../scripts/chromium.mjs";
import { startWorker } from "../gateway/runtimes/start.ts";
import type { Stage } from "./stage.ts";

/** What the suite said of each scenario: "ok", or what went wrong. */
export type Results = Readonly<Record<string, string>>;

export interface Runtime {
  readonly name: string;
  /** Why it is left out, or null. */
  readonly missing: string | null;
  /** @param folder Where the package is installed. */
  run(folder: string, stage: Stage): Promise<Results>;
}

/** Whether a command is there, else what to do. */
function missingCommand(command: string, variable: string): string | null {
  const found = spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
  return found ? null : `no ${command} (or set ${variable})`;
}

/** A command line that runs a script. */
function byCommand(name: string, missing: string | null, command: string, ...args: string[]): Runtime {
  return {
    name,
    missing,
    run: (folder, { place }) =>
      new Promise((resolve, reject) => {
        const child = spawn(command, [...args, "run.mjs", place], { cwd: folder });
        let [out, err] = ["", ""];
        child.stdout.on("data", (text) => (out += text));
        child.stderr.on("data", (text) => (err += text));
        child.on("error", reject);
        child.on("close", (code) => {
          try {
            resolve(JSON.parse(out));
          } catch {
            reject(new Error(`${name} ended with ${code} and no results: ${out}${err}`));
          }
        });
      }),
  };
}

const DENO = ["run", "--no-lock", "--node-modules-dir=manual", "--allow-net", "--allow-read", "--allow-env"];

/** A Node of another version, which npm fetches. */
export function nodeByNpm(version: string): Runtime {
  return byCommand(`Node ${version}`, null, "npx", "-y", "-p", `node@${version}`, "--", "node");
}

export function deno(command = process.env.DENO_PATH ?? "deno"): Runtime {
  return byCommand("Deno", missingCommand(command, "DENO_PATH"), command, ...DENO);
}

export function bun(command = process.env.BUN_PATH ?? "bun"): Runtime {
  return byCommand("Bun", missingCommand(command, "BUN_PATH"), command);
}

/** Cloudflare's. */
export function workerd(command = process.env.WORKERD_PATH ?? "workerd"): Runtime {
  return {
    name: "workerd",
    missing: missingCommand(command, "WORKERD_PATH"),
    async run(folder, { place }) {
      await using worker = await startWorker(command, join(folder, "worker.mjs"), { PLACE: place });
      const answer = await fetch(worker.url);
      return answer.json();
    },
  };
}

export function thisNode(): Runtime {
  return byCommand(`Node ${process.versions.node}`, null, process.execPath);
}

export async function browsers(): Promise<Runtime[]> {
  const chromium: Runtime = {
    name: "Chromium",
    missing: (await findChromium()) === undefined ? "no Chromium (or set CHROMIUM_PATH)" : null,
    async run(_, { pageUrl }) {
      const browser = await launchChromium();
      try {
        const page = await browser.newPage();
        await page.goto(pageUrl);
        await page.waitForFunction(() => "runBoxLiteSuite" in globalThis);
        return await page.evaluate(() => globalThis.runBoxLiteSuite());
      } finally {
        await browser.close();
      }
    },
  };
  const others = ENGINES.map(
    ({ name, missing, start }): Runtime => ({
      name,
      missing,
      async run(_, { pageUrl }) {
        const engine = await start();
        try {
          return await inPage(await engine.open(pageUrl));
        } finally {
          await engine[Symbol.asyncDispose]();
        }
      },
    }),
  );
  return [chromium, ...others];
}

/** Started and asked for, again and again: a driver's own limit for one script is below what the suite takes. */
async function inPage(page: EnginePage): Promise<Results> {
  while (!(await page.run(() => "runBoxLiteSuite" in globalThis)));
  await page.run(() => {
    globalThis.runBoxLiteSuite().then((results) => {
      globalThis.boxLiteResults = results;
    });
  });
  for (;;) {
    const results = await page.run(() => globalThis.boxLiteResults ?? null);
    if (results !== null) return results;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

declare global {
  var runBoxLiteSuite: () => Promise<Results>;
  var boxLiteResults: Results | undefined;
}
