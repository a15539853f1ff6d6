import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type ChaosReport, runChaos } from "./chaos.ts";
import { largeMain } from "./large-main.ts";

/** `npm run chaos`: both dialects, a table, and an exit code. With `--large`, outputs up to 50 MiB with up to 20 cuts. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string" },
      seed: { type: "string" },
      large: { type: "boolean", default: false },
      "largest-mib": { type: "string", default: "50" },
    },
  });
  const { large } = values;
  const runs = Number(values.runs ?? (large ? 1000 : 500));
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
  const largest = Number(values["largest-mib"]);
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed) || !(largest >= 1)) {
    console.error(
      "chaos: --runs (per dialect, from 1) and --seed take whole numbers, --largest-mib 1 or more.",
    );
    return 2;
  }
  const mode = large ? ` --large --largest-mib ${largest}` : "";
  console.log(
    `seed ${seed}, ${runs} runs per dialect, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`,
  );
  console.log(
    `${new Date().toISOString().slice(0, 10)}: npm run chaos --${mode} --seed ${seed} --runs ${runs}\n`,
  );
  if (large) return largeMain({ runs, seed, largest });
  const reports: ChaosReport[] = [];
  for (const dialect of ["runner", "serve"] as const) {
    reports.push(await runChaos({ dialect, runs, seed, lanes: 4 }));
  }
  console.log(
    "| dialect | runs | cuts | lost | repeated | wrong exit | not complete | hung | cut → next byte, median | 99 % |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const report of reports) console.log(row(report));
  for (const finding of reports.flatMap(({ findings }) => findings)) console.log(`\n${finding}`);
  return reports.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function row(report: ChaosReport): string {
  const { dialect, runs, cuts, lost, repeated, wrongExit, notComplete, hung, recoveries } = report;
  const at = (share: number) =>
    `${(recoveries[Math.floor(recoveries.length * share)] ?? Number.NaN).toFixed(1)} ms`;
  const cells = [dialect, runs, cuts, lost, repeated, wrongExit, notComplete, hung, at(0.5), at(0.99)];
  return `| ${cells.join(" | ")} |`;
}
