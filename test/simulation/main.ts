import { fork } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { scheduleOfSeed, scheduleOfTapes } from "./schedule.ts";
import { runSchedule, soak } from "./soak.ts";
import { addTallies, NO_RUNS, type Tally } from "./tally.ts";

interface Part {
  readonly tally: Tally;
  /** Seconds of processor time. */
  readonly cpu: number;
}

const USAGE = `simulate: schedules of both servers, the network and the user, in virtual time, drawn from seeds.
  --runs N    how many (10000)
  --seed N    the first one's seed (drawn)
  --cores N   processes (all cores)
  --tapes J   one schedule, as a failing test prints it`;

/** `npm run simulate`: runs, and prints what happened. The exit code is 1 where an invariant was violated. */
export async function main(args: readonly string[], script: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "10000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
      cores: { type: "string", default: String(availableParallelism()) },
      tapes: { type: "string" },
      part: { type: "boolean", default: false },
    },
  });
  if (values.tapes !== undefined) return repeatTapes(values.tapes);
  const [runs, seed, cores] = [Number(values.runs), Number(values.seed), Number(values.cores)];
  if (![runs, cores].every((number) => Number.isInteger(number) && number > 0) || !Number.isInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  if (values.part) {
    process.send?.(await runPart(runs, seed));
    return 0;
  }
  const started = performance.now();
  console.log(`npm run simulate -- --runs ${runs} --seed ${seed}`);
  console.log(`Node ${process.version}, ${cores} × ${cpus()[0]?.model ?? "?"}\n`);
  const share = Math.ceil(runs / cores);
  const parts: Promise<Part>[] = [];
  if (runs === 1) parts.push(runPart(runs, seed));
  else {
    for (let from = 0; from < runs; from += share)
      parts.push(forkPart(script, Math.min(share, runs - from), seed + from));
  }
  const done = await Promise.all(parts);
  const tally = done.map((part) => part.tally).reduce(addTallies, NO_RUNS);
  const cpu = done.reduce((sum, part) => sum + part.cpu, 0);
  if (runs === 1) console.log(`${JSON.stringify(scheduleOfSeed(seed), null, 1)}\n`);
  print(tally, (performance.now() - started) / 1000, cpu);
  return tally.violated > 0 ? 1 : 0;
}

async function runPart(runs: number, seed: number): Promise<Part> {
  const before = process.cpuUsage();
  const tally = await soak({ runs, seed });
  const { user, system } = process.cpuUsage(before);
  return { tally, cpu: (user + system) / 1e6 };
}

function forkPart(script: string, runs: number, seed: number): Promise<Part> {
  return new Promise((resolve, reject) => {
    // Schedules live for a moment: in a larger young generation hardly any of what they made is left to be copied.
    const execArgv = ["--max-semi-space-size=64"];
    const child = fork(script, ["--part", "--runs", String(runs), "--seed", String(seed)], { execArgv });
    let part: Part | null = null;
    child.on("message", (message: Part) => {
      part = message;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (part !== null) resolve(part);
      else reject(new Error(`The process of seeds ${seed} to ${seed + runs - 1} ended with ${code}.`));
    });
  });
}

async function repeatTapes(json: string): Promise<number> {
  const tapes: number[][] = JSON.parse(json);
  const schedule = scheduleOfTapes(tapes);
  console.log(JSON.stringify(schedule, null, 1));
  const { violations } = await runSchedule(schedule);
  console.log(violations.length === 0 ? "no violation" : violations.join("\n"));
  return violations.length > 0 ? 1 : 0;
}

function print(tally: Tally, seconds: number, cpu: number): void {
  const { runs, connections, bytes, streams, proved } = tally;
  const rate = (time: number) => Math.round(runs / time).toLocaleString("en");
  console.log(
    `${runs.toLocaleString("en")} schedules, ${connections.toLocaleString("en")} connections, ` +
      `${(bytes / 2 ** 30).toFixed(1)} GiB written, in ${seconds.toFixed(0)} s`,
  );
  console.log(`${rate(seconds)} schedules/s; ${rate(cpu)} per second of processor time\n`);
  table("outcomes", tally.outcomes);
  table("verdicts", tally.verdicts);
  console.log(`streams with a result: ${streams}, of which proved to the last byte: ${proved}\n`);
  table("known limits (SPEC.md), and flags that were not needed", tally.limits);
  console.log(`violations: ${tally.violated}`);
  for (const { seed, said } of tally.violations)
    console.log(`  npm run simulate -- --runs 1 --seed ${seed}\n    ${said.join("\n    ")}`);
}

function table(title: string, counts: Readonly<Record<string, number>>): void {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  console.log(`${title}: ${total}`);
  for (const [name, count] of rows) {
    console.log(
      `  ${String(count).padStart(9)}  ${((count / total) * 100).toFixed(2).padStart(6)} %  ${name}`,
    );
  }
  console.log("");
}
