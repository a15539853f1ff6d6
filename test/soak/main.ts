import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { failuresOf, tableOf } from "./report.ts";
import { soak } from "./soak.ts";

/** Executions at a time. */
const LANES = 32;
/** Looks at the memory in all. For each, all executions under way are waited for. */
const SAMPLES = 32;

/** `npm run soak`: a table, and an exit code. With `--run N` it is one execution, that of seed N. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "30" },
      seed: { type: "string" },
      run: { type: "string" },
    },
  });
  const minutes = Number(values.minutes);
  const one = values.run !== undefined;
  const seed = Number(values.run ?? values.seed ?? Math.floor(Math.random() * 1e9));
  if (!(minutes > 0) || !Number.isInteger(seed)) {
    console.error("soak: --minutes takes a number above 0, --seed and --run a whole one.");
    return 2;
  }
  console.log(`seed ${seed}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`);
  const asked = one ? `--run ${seed}` : `--minutes ${minutes} --seed ${seed}`;
  console.log(`${new Date().toISOString().slice(0, 10)}: npm run soak -- ${asked}\n`);
  const started = performance.now();
  const end = started + minutes * 60_000;
  const report = await soak({
    seed,
    lanes: one ? 1 : LANES,
    goOn: (begun) => (one ? begun === 0 : performance.now() < end),
    sampleEvery: (minutes * 60_000) / SAMPLES,
    onSample: (runs, held) => {
      const seconds = Math.round((performance.now() - started) / 1_000);
      console.error(`${seconds} s: ${runs} executions, ${(held / 2 ** 20).toFixed(2)} MiB held`);
    },
  });
  console.log(tableOf(report));
  for (const finding of report.findings) console.log(`\n${finding}`);
  for (const stray of [...report.unhandled, ...report.warnings].slice(0, 10)) console.log(`\n${stray}`);
  if (report.findings.length > 0) console.log("\nOne of them again: npm run soak -- --run SEED");
  return failuresOf(report).length > 0 ? 1 : 0;
}
