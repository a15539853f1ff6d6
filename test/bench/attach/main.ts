import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "./exec.ts";
import { latency } from "./latency.ts";
import { memory, reattaches } from "./memory.ts";
import { native } from "./native.ts";
import { scale } from "./scale.ts";
import { storm } from "./storm.ts";
import { throughputInChromium, throughputInNode } from "./throughput.ts";

const here = import.meta.dirname ?? ".";
const page = { "/": join(here, "page.html"), "/drain-page.js": join(here, "drain-page.js") };

const OPTIONS = {
  mib: { type: "string", default: "256" },
  rounds: { type: "string", default: "3" },
  frames: { type: "string", default: "" },
} as const;

interface Options {
  readonly mebibytes: number;
  readonly rounds: number;
  readonly frames: readonly number[];
}

/** Each prints its table, and says whether its goals were met. */
const TABLES: Readonly<Record<string, (options: Options) => Promise<boolean>>> = {
  throughput: (options) => throughputInNode({ ...options, page }),
  "throughput-page": (options) => throughputInChromium({ ...options, page }),
  latency: () => latency(10_000),
  exec: ({ rounds }) => exec(500, rounds),
  scale: () => scale(5_000),
  storm: () => storm(1_000),
  memory: () => memory(1_024),
  reattaches,
  native: ({ rounds }) => native(rounds),
};

/** It installs a package of a hundred megabytes: only if it is named. */
const BY_NAME = "native";

/** `npm run bench`: all tables, or those that are named. The exit code says whether all goals were met. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const unknown = positionals.find((name) => !(name in TABLES));
  if (unknown !== undefined) {
    console.error(`bench: there is no table ${unknown}, but ${Object.keys(TABLES).join(", ")}.`);
    return 2;
  }
  const options = {
    mebibytes: Number(values.mib),
    rounds: Number(values.rounds),
    frames: values.frames === "" ? [] : values.frames.split(",").map(Number),
  };
  let missed = 0;
  for (const name of positionals.length > 0
    ? positionals
    : Object.keys(TABLES).filter((each) => each !== BY_NAME)) {
    const load = (loadavg()[0] ?? 0).toFixed(1);
    console.log(`\n${new Date().toISOString().slice(0, 10)}: npm run bench -- ${name}`);
    console.log(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load average ${load}\n`,
    );
    const met = await TABLES[name]?.(options);
    console.log(`\ngoals: ${met ? "met" : "missed"}`);
    if (!met) missed += 1;
  }
  return missed === 0 ? 0 : 1;
}
