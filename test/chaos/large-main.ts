import { runLargeChaos } from "./large.ts";
import { largeFindings, largeTable } from "./large-report.ts";

export interface LargeMainOptions {
  readonly runs: number;
  readonly seed: number;
  /** MiB of output at most. */
  readonly largest: number;
}

const LANES = 16;

/** `npm run chaos -- --large`: a table per dialect, and an exit code. */
export async function largeMain({ runs, seed, largest }: LargeMainOptions): Promise<number> {
  const findings: string[] = [];
  for (const dialect of ["runner", "serve"] as const) {
    const started = performance.now();
    const results = await runLargeChaos({
      dialect,
      runs,
      seed,
      lanes: LANES,
      largest: largest * 2 ** 20,
      onProgress: (done) => console.error(`${dialect}: ${done} of ${runs}`),
    });
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`\n${dialect}, ${seconds} s:\n\n${largeTable(results)}`);
    findings.push(...largeFindings(results).map((finding) => `${dialect}, ${finding}`));
  }
  for (const finding of findings) console.log(`\n${finding}`);
  return findings.length > 0 ? 1 : 0;
}
