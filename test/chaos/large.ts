import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execRecorded } from "../../demo/recording.ts";
import { BoxLite, type ExecutionExit, type OutputName } from "../../src/index.ts";
import { type Dialect, startLocalServer } from "../../src/local/index.ts";
import { startFaultProxy } from "../../src/testing/index.ts";
import { NO_LOSS } from "./chaos.ts";
import { type Judgement, judge, type Said } from "./judge.ts";
import { drawLargeScenario, type Kind, type LargeScenario, UNIQUE } from "./large-scenario.ts";
import { createRandom } from "./random.ts";
import { createWatch, type Watch } from "./watch.ts";

export interface LargeOptions {
  readonly dialect: Dialect;
  readonly runs: number;
  readonly seed: number;
  /** Runs at a time. */
  readonly lanes: number;
  /** Bytes of output at most. */
  readonly largest: number;
  /** Is told how many runs are done, from time to time. */
  readonly onProgress?: (runs: number) => void;
}

/** What came of one run. */
export interface LargeResult {
  readonly seed: number;
  readonly kind: Kind;
  readonly cuts: number;
  readonly bytes: number;
  /** The flags that were raised, however many. */
  readonly flags: ReadonlySet<"gap" | "ambiguous">;
  /** The worst of both streams; `hung`: there was no end. */
  readonly outcome: Judgement["kind"] | "hung";
  /** The end could not be fetched, and the result says so. */
  readonly cutShort: boolean;
  /** Places that were flagged although the server still had what was missing, in output in which that can be known. */
  readonly needless: number;
  readonly wrongExit: boolean;
  /** The result claims to be complete, or a stream to be proved, and is not. */
  readonly wrongClaim: boolean;
  readonly detail: string;
}

/** A run in which nothing happens for longer than this, in milliseconds, counts as hung. */
const HUNG_AFTER = 180_000;

/** Runs on one server: what it keeps of ended executions is to go with it. */
const RUNS_PER_SERVER = 50;

/** Runs commands of all sizes behind the fault proxy, cuts their connections often, and judges every byte by what was said. */
export async function runLargeChaos(options: LargeOptions): Promise<LargeResult[]> {
  const results: LargeResult[] = [];
  for (let first = 0; first < options.runs; first += RUNS_PER_SERVER) {
    const runs = Math.min(RUNS_PER_SERVER, options.runs - first);
    results.push(...(await runBatch({ ...options, runs, seed: options.seed + first })));
    options.onProgress?.(results.length);
  }
  return results;
}

async function runBatch({ dialect, runs, seed, lanes, largest }: LargeOptions): Promise<LargeResult[]> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-chaos-"));
  const server = await startLocalServer({ dialect, ...NO_LOSS });
  const watch = createWatch();
  const proxy = await startFaultProxy({ target: server.url, plan: watch.plan, onEvent: watch.onEvent });
  try {
    const boxlite = new BoxLite({ baseUrl: proxy.url, token: server.token });
    const results: LargeResult[] = [];
    let next = 0;
    const lane = async () => {
      while (next < runs) {
        const number = seed + next;
        next += 1;
        const scenario = drawLargeScenario(createRandom(number), largest);
        const own = join(folder, String(number));
        await mkdir(own);
        results.push(await runScenario({ boxlite, watch, scenario, dialect, seed: number, folder: own }));
        await rm(own, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return results;
  } finally {
    await proxy.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly boxlite: BoxLite;
  readonly watch: Watch;
  readonly scenario: LargeScenario;
  readonly dialect: Dialect;
  readonly seed: number;
  readonly folder: string;
}

async function runScenario(run: Run): Promise<LargeResult> {
  const { boxlite, watch, scenario, folder, seed } = run;
  const { kind } = scenario;
  let cuts = 0;
  const go = join(folder, "go");
  // It writes nothing before a client was attached: what it wrote before could not be had on `serve`.
  // Whichever side makes the file, reading it waits for the other, unless that was there first.
  const script = `mkfifo ${go} 2>/dev/null; read -r _ <${go}; ${scenario.script(folder)}`;
  const recording = join(folder, "recording");
  await using box = await boxlite.boxes.create({ image: "alpine:latest" });
  watch.follow(box.id, {
    faults: scenario.faults,
    onCut: () => {
      cuts += 1;
    },
  });
  await using execution = await execRecorded(box, recording, script);
  const said: Record<OutputName, Said[]> = { stdout: [], stderr: [] };
  const events = async () => {
    const reader = execution.events.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const event = next.value;
      alive();
      if (event.type === "connected" && event.attach === 1) await writeFile(go, "\n");
      if (event.type === "verdict") said[event.stream].push(event);
    }
  };
  const pathOf = (stream: OutputName) => join(folder, stream);
  let timer: NodeJS.Timeout | undefined;
  const alive = () => timer?.refresh();
  const hung = new Promise<"hung">((resolve) => {
    timer = setTimeout(() => resolve("hung"), HUNG_AFTER);
  });
  const failed = (outcome: "hung" | "wrong", detail: string): LargeResult => ({
    seed,
    kind,
    cuts,
    bytes: 0,
    flags: new Set(),
    outcome,
    cutShort: false,
    needless: 0,
    wrongExit: false,
    wrongClaim: false,
    detail,
  });
  try {
    const finished = Promise.all([
      save(execution.stdout, pathOf("stdout"), alive),
      save(execution.stderr, pathOf("stderr"), alive),
      execution.exit,
      events(),
    ]);
    const result = await Promise.race([finished, hung]);
    if (result === "hung") return failed("hung", `no result: ${JSON.stringify(scenario.faults)}`);
    const [stdout, stderr, exit] = result;
    const judgements = (["stdout", "stderr"] as const).map((stream) =>
      judge({
        written: join(recording, stream),
        delivered: pathOf(stream),
        verdicts: said[stream],
        cutShort: exit.source === "status",
        mayBeLate: run.dialect === "serve",
      }),
    );
    return { ...summarize(run, exit, said, judgements), cuts, bytes: stdout + stderr };
  } catch (error) {
    return failed("wrong", String(error));
  } finally {
    clearTimeout(timer);
    watch.forget(box.id);
  }
}

const BY_WEIGHT = ["exact", "flagged", "late", "assumed", "wrong"] as const;

function summarize(
  { scenario, seed }: Run,
  exit: ExecutionExit,
  said: Readonly<Record<OutputName, readonly Said[]>>,
  judgements: readonly Judgement[],
): Omit<LargeResult, "cuts" | "bytes"> {
  const kinds = judgements.map(({ kind }) => kind);
  const outcome = BY_WEIGHT.findLast((kind) => kinds.includes(kind)) ?? "exact";
  const flags = new Set([...said.stdout, ...said.stderr].map(({ verdict }) => verdict.kind));
  const needless = judgements.reduce((sum, one) => sum + (one.kind === "flagged" ? one.needless : 0), 0);
  const proved = [exit.delivered.stdout.proved, exit.delivered.stderr.proved];
  const flagged = (["gap", "ambiguous"] as const).filter((kind) => flags.has(kind));
  return {
    seed,
    kind: scenario.kind,
    flags: new Set(flagged),
    outcome,
    cutShort: exit.source === "status",
    // Without the exit frame nothing can prove a place of little output any more.
    needless: UNIQUE.has(scenario.kind) && exit.source === "exit-frame" ? needless : 0,
    wrongExit: exit.exitCode !== scenario.exitCode,
    wrongClaim:
      (exit.complete && (flagged.length > 0 || exit.source !== "exit-frame")) ||
      proved.some((claim, index) => claim && kinds[index] !== "exact"),
    detail: `${JSON.stringify(exit)}; ${JSON.stringify(said)}; ${JSON.stringify(judgements)}; ${JSON.stringify(scenario.faults)}`,
  };
}

/** Writes a stream to a file as it comes, and returns its length. */
async function save(stream: ReadableStream<Uint8Array>, path: string, progress: () => void): Promise<number> {
  const file = openSync(path, "w");
  let bytes = 0;
  try {
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      progress();
      writeSync(file, next.value);
      bytes += next.value.length;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
