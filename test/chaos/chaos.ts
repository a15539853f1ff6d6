import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BoxLite } from "../../src/index.ts";
import { type Dialect, startLocalServer } from "../../src/local/index.ts";
import { startFaultProxy } from "../../src/testing/index.ts";
import { makeNoise } from "./noise.ts";
import { createRandom } from "./random.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { createWatch, type Watch } from "./watch.ts";

export interface ChaosOptions {
  readonly dialect: Dialect;
  readonly runs: number;
  readonly seed: number;
  /** Runs at a time. */
  readonly lanes: number;
}

/** What came of all runs. All counts but `runs` and `cuts` should be 0. */
export interface ChaosReport {
  readonly dialect: Dialect;
  readonly runs: number;
  readonly cuts: number;
  readonly lost: number;
  readonly repeated: number;
  readonly wrongExit: number;
  /** Results that say of themselves that output may be missing. */
  readonly notComplete: number;
  readonly hung: number;
  /** Milliseconds from each cut after which output came, to the next byte at the consumer; ascending. */
  readonly recoveries: readonly number[];
  /** What went wrong, each with the seed that repeats it. */
  readonly findings: readonly string[];
}

/**
 * The server is not to lose output of its own accord, by overrun queues or because it is too busy to read the last of it in
 * time: nothing on the wire could tell.
 */
export const NO_LOSS = { liveQueueChunks: 100_000, times: { pumpDrain: 60_000 } };

/** A run that takes longer than this, in milliseconds, counts as hung. */
const HUNG_AFTER = 30_000;

/** Runs commands as real processes behind the fault proxy, cuts their connections, and compares every byte. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-chaos-"));
  const noise = await makeNoise(join(folder, "noise"), options.seed);
  const server = await startLocalServer({ dialect: options.dialect, ...NO_LOSS });
  const watch = createWatch();
  const proxy = await startFaultProxy({ target: server.url, plan: watch.plan, onEvent: watch.onEvent });
  try {
    const boxlite = new BoxLite({ baseUrl: proxy.url, token: server.token });
    const tally = { cuts: 0, lost: 0, repeated: 0, wrongExit: 0, notComplete: 0, hung: 0 };
    const recoveries: number[] = [];
    const findings: string[] = [];
    let next = 0;
    const lane = async () => {
      while (next < options.runs) {
        const number = next;
        next += 1;
        const scenario = drawScenario(createRandom(options.seed + number), noise);
        const result = await runScenario(boxlite, watch, scenario);
        tally.cuts += result.cuts;
        recoveries.push(...result.recoveries);
        for (const problem of result.problems) tally[problem] += 1;
        if (result.problems.length > 0) {
          const what = result.problems.join(", ");
          findings.push(
            `${options.dialect}, seed ${options.seed + number}: ${what}: ${describe(scenario)} → ${result.detail}`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: options.lanes }, lane));
    recoveries.sort((a, b) => a - b);
    return { dialect: options.dialect, runs: options.runs, ...tally, recoveries, findings };
  } finally {
    await proxy.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

type Problem = "lost" | "repeated" | "wrongExit" | "notComplete" | "hung";

interface RunResult {
  readonly cuts: number;
  readonly recoveries: readonly number[];
  readonly problems: readonly Problem[];
  readonly detail: string;
}

async function runScenario(boxlite: BoxLite, watch: Watch, scenario: Scenario): Promise<RunResult> {
  const cutAt: number[] = [];
  const recoveries: number[] = [];
  await using box = await boxlite.boxes.create({ image: "alpine:latest" });
  watch.follow(box.id, { faults: scenario.faults, onCut: () => cutAt.push(performance.now()) });
  await using execution = await box.exec("sh", ["-c", scenario.script]);
  let answered = 0;
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const chunks: Uint8Array[] = [];
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      chunks.push(next.value);
      for (; answered < cutAt.length; answered += 1)
        recoveries.push(performance.now() - (cutAt[answered] ?? 0));
    }
    return Buffer.concat(chunks);
  };
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<"hung">((resolve) => {
    timer = setTimeout(() => resolve("hung"), HUNG_AFTER);
  });
  const finished = Promise.all([read(execution.stdout), read(execution.stderr), execution.exit]);
  try {
    const result = await Promise.race([finished, hung]);
    if (result === "hung") return { cuts: cutAt.length, recoveries, problems: ["hung"], detail: "no result" };
    const [stdout, stderr, exit] = result;
    const problems = [...compare(scenario.stdout, stdout), ...compare(scenario.stderr, stderr)];
    if (exit.exitCode !== scenario.exitCode) problems.push("wrongExit");
    if (!exit.complete) problems.push("notComplete");
    const detail = `${stdout.length} + ${stderr.length} bytes, ${JSON.stringify(exit)}`;
    return { cuts: cutAt.length, recoveries, problems, detail };
  } catch (error) {
    return { cuts: cutAt.length, recoveries, problems: ["wrongExit"], detail: String(error) };
  } finally {
    clearTimeout(timer);
    watch.forget(box.id);
  }
}

function compare(expected: Uint8Array, delivered: Uint8Array): Problem[] {
  if (Buffer.compare(expected, delivered) === 0) return [];
  return [delivered.length > expected.length ? "repeated" : "lost"];
}

function describe(scenario: Scenario): string {
  return `${scenario.kind}, ${scenario.stdout.length} + ${scenario.stderr.length} bytes, exit ${scenario.exitCode}, ${JSON.stringify(scenario.faults)}`;
}
