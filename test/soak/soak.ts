import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BoxLite } from "../../src/index.ts";
import { type Dialect, startLocalServer } from "../../src/local/index.ts";
import { startFaultProxy } from "../../src/testing/index.ts";
import { NO_LOSS } from "../chaos/chaos.ts";
import { makeNoise } from "../chaos/noise.ts";
import { createWatch } from "../chaos/watch.ts";
import { memoryInUse } from "../support/memory-in-use.ts";
import { drawRun, type SoakRun } from "./draw.ts";
import { type Holdings, listenForStrays, settle, takeStock } from "./leftovers.ts";
import { type Performed, perform, type Site } from "./perform.ts";

export interface SoakOptions {
  readonly seed: number;
  /** Executions at a time. */
  readonly lanes: number;
  /** Is asked before each execution. */
  readonly goOn: (begun: number) => boolean;
  /** Milliseconds between two looks at the memory, for which all executions under way are waited for. */
  readonly sampleEvery: number;
  readonly onSample?: (runs: number, held: number) => void;
}

export interface SoakReport {
  readonly runs: number;
  readonly cuts: number;
  readonly attaches: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly repeated: number;
  readonly invented: number;
  readonly hung: number;
  readonly incomplete: number;
  readonly complaints: number;
  /** More than at the start: when all executions had ended, and when the servers were closed, too. */
  readonly leftBehind: Holdings;
  readonly leftAtEnd: Holdings;
  /** Attaches that the proxies still had then. */
  readonly openAttaches: number;
  readonly unhandled: readonly string[];
  readonly warnings: readonly string[];
  /** Bytes after a collection, while nothing ran. */
  readonly held: readonly number[];
  /** What went wrong, each with the seed that repeats it. */
  readonly findings: readonly string[];
}

/** Uses executions in all ways, many at once, over real sockets that fail in all ways, and looks at what is left. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-soak-"));
  const noise = await makeNoise(join(folder, "noise"), 1);
  const longLived = new AbortController().signal;
  // Each execution that shares it listens once.
  setMaxListeners(0, longLived);
  const strays = listenForStrays();
  const before = takeStock([longLived]);
  const sites = { serve: await openSite("serve"), runner: await openSite("runner") };
  try {
    const withSites = takeStock([longLived]);
    const tally = createTally();
    const held: number[] = [];
    let begun = 0;
    while (options.goOn(begun)) {
      const pauseAt = performance.now() + options.sampleEvery;
      const lane = async () => {
        while (performance.now() < pauseAt && options.goOn(begun)) {
          const run = drawRun(options.seed + begun, noise);
          begun += 1;
          tally.add(run, await perform(sites[run.dialect], run, folder, longLived));
        }
      };
      await Promise.all(Array.from({ length: options.lanes }, lane));
      const bytes = memoryInUse();
      held.push(bytes);
      options.onSample?.(begun, bytes);
    }
    const leftBehind = await settle(withSites, [longLived]);
    const proxies = Object.values(sites).map(({ proxy }) => proxy);
    const attaches = proxies.reduce((sum, proxy) => sum + proxy.attaches, 0);
    const openAttaches = proxies.reduce((sum, proxy) => sum + proxy.open, 0);
    await closeSites(sites);
    const leftAtEnd = await settle(before, [longLived]);
    const { unhandled, warnings } = strays;
    return {
      ...{ runs: begun, attaches, openAttaches, leftBehind, leftAtEnd, unhandled, warnings, held },
      ...tally.sums,
      findings: tally.findings,
    };
  } finally {
    strays.stop();
    await closeSites(sites);
    await rm(folder, { recursive: true });
  }
}

async function openSite(dialect: Dialect): Promise<Site> {
  const server = await startLocalServer({ dialect, ...NO_LOSS });
  const watch = createWatch();
  const { plan, requests, onEvent } = watch;
  const proxy = await startFaultProxy({ target: server.url, plan, requests, onEvent });
  return { server, watch, proxy, boxlite: new BoxLite({ baseUrl: proxy.url, token: server.token }) };
}

async function closeSites(sites: Readonly<Record<Dialect, Site>>): Promise<void> {
  for (const { proxy, server } of Object.values(sites)) {
    await proxy.close();
    await server.close();
  }
}

/** Of so many the words are kept. A bug shows itself in the first of them. */
const MOST_FINDINGS = 50;

function createTally() {
  const verdicts: Record<string, number> = {};
  const sums = { cuts: 0, lost: 0, repeated: 0, invented: 0, hung: 0, incomplete: 0, complaints: 0 };
  const findings: string[] = [];
  return {
    findings,
    get sums() {
      return { ...sums, verdicts };
    },
    add(run: SoakRun, result: Performed): void {
      const { lost, repeated, invented, hung, complaints } = result;
      sums.cuts += result.cuts;
      sums.lost += lost;
      sums.repeated += repeated;
      sums.invented += Number(invented);
      sums.hung += Number(hung);
      sums.incomplete += Number(result.incomplete);
      sums.complaints += complaints.length;
      for (const kind of result.verdicts) verdicts[kind] = (verdicts[kind] ?? 0) + 1;
      const problems = [
        ...(lost > 0 ? [`${lost} bytes lost`] : []),
        ...(repeated > 0 ? [`${repeated} bytes repeated`] : []),
        ...(invented ? ["invented exit"] : []),
        ...(hung ? ["hung"] : []),
        ...complaints,
      ];
      if (problems.length > 0 && findings.length < MOST_FINDINGS) findings.push(describe(run, problems));
    },
  };
}

function describe(run: SoakRun, problems: readonly string[]): string {
  const { seed, dialect, consumer, stdout, stderr, exitCode, faults, statusFaults, follow } = run;
  const asked = JSON.stringify({ faults: faults.slice(0, 8), statusFaults, follow });
  return `seed ${seed}, ${dialect}, ${consumer}: ${problems.join("; ")}: ${stdout.length} + ${stderr.length} bytes, exit ${exitCode}, ${asked}`;
}
