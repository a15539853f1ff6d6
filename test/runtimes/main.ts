import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installSuite } from "./installed.ts";
import { browsers, bun, deno, nodeByNpm, type Results, type Runtime, thisNode } from "./runtimes.ts";
import { startStage } from "./stage.ts";

/** `npm run test:runtimes`: the table runtime × scenario, and an exit code that says whether all is well. */
export async function main(): Promise<number> {
  console.log(`${new Date().toISOString().slice(0, 10)}: npm run test:runtimes\n`);
  const tools = mkdtempSync(join(tmpdir(), "boxlite-runtimes-"));
  const installed = installSuite();
  try {
    const npm = ["install", "--prefix", tools, "--no-audit", "--no-fund", "--loglevel=error", "deno", "bun"];
    execFileSync("npm", npm, { stdio: "inherit" });
    const bin = (name: string) => join(tools, "node_modules/.bin", name);
    const runtimes = [
      thisNode(),
      ...["22", "24", "26"].map(nodeByNpm),
      deno(bin("deno")),
      bun(bin("bun")),
      ...(await browsers()),
    ];
    const files = await installed.bundle();
    const columns: [string, Results][] = [];
    for (const runtime of runtimes) {
      if (runtime.missing !== null) console.log(`${runtime.name} is left out: ${runtime.missing}`);
      else columns.push([runtime.name, await runBoth(runtime, installed.folder, files)]);
    }
    print(columns);
    return columns.every(([, results]) => Object.values(results).every((result) => result === "ok")) ? 0 : 1;
  } finally {
    installed[Symbol.dispose]();
    rmSync(tools, { recursive: true, maxRetries: 5 });
  }
}

/** On a server of each dialect; what went wrong on one goes before what went well on the other. */
async function runBoth(
  runtime: Runtime,
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<Results> {
  const results: Record<string, string> = {};
  for (const dialect of ["serve", "runner"] as const) {
    await using stage = await startStage(dialect, files);
    for (const [name, result] of Object.entries(await runtime.run(folder, stage))) {
      if (result !== "ok") results[name] = `${dialect}: ${result}`;
      else results[name] ??= "ok";
    }
  }
  return results;
}

function print(columns: readonly [string, Results][]): void {
  const scenarios = Object.keys(columns[0]?.[1] ?? {});
  console.log(`| |${columns.map(([name]) => ` ${name} |`).join("")}`);
  console.log(`|---|${columns.map(() => "---|").join("")}`);
  for (const scenario of scenarios) {
    const cells = columns.map(([, results]) => (results[scenario] === "ok" ? " ok |" : " **no** |"));
    console.log(`| ${scenario} |${cells.join("")}`);
  }
  for (const [name, results] of columns) {
    for (const [scenario, result] of Object.entries(results)) {
      if (result !== "ok") console.log(`${name}, ${scenario}: ${result}`);
    }
  }
}
