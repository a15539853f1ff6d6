import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Page, startChromium } from "../../e2e/support/cdp.ts";
import type { Measure } from "../../e2e/xterm/measure.ts";
import { startChild } from "./attach/child.ts";
import { median } from "./attach/statistics.ts";
import { watchThread } from "./attach/thread-time.ts";
import type { Part, Started } from "./xterm-server.ts";

/** Milliseconds of the longest task, bytes of heap over the baseline, and the share of xterm.js's own throughput. */
const GOALS = { longestTask: 200, heap: 100e6, share: 0.5 };

/** What `seq` makes of each line: numbered, for a replay is to be joined without doubt should there be one. */
const LINE = "%012.0f the quick brown fox jumps over the lazy dog, 0123456789 abcdef";
const END = "the last line";
const LINE_LENGTH = LINE.length + 12 - "%012.0f".length + 1;

const ROUNDS = 3;
const OWN = "terminal.write";
const ADDON = "cat on a terminal, through the addon";

interface Run extends Measure {
  readonly heap: number;
  /** Processor time of the page's thread, in milliseconds: a busy machine adds little to it. */
  readonly busy: number;
}

/**
 * `npm run bench:xterm`: a table, and an exit code that says whether the goals were met. Chromium is not driven by Playwright, which
 * has it report each message of a WebSocket, with its content.
 */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { mb: { type: "string", default: "100" } } });
  const bytes = Number(values.mb) * 1e6;
  if (!(bytes > 0)) {
    console.error("bench:xterm: --mb takes a number above 0.");
    return 2;
  }
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}: npm run bench:xterm -- --mb ${values.mb}`);
  // Times are wall-clock times: with more to do than cores, they tell of the machine.
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load average ${load}`);
  using boxlite = startChild("xterm-server");
  using gateway = startChild("xterm-server");
  const { url: target, token } = await boxlite.ask<Started>("boxlite" satisfies Part);
  const { url } = await gateway.ask<Started>({ target, token } satisfies Part);
  const directory = mkdtempSync(join(tmpdir(), "boxlite-web-bench-"));
  await using chromium = await startChromium();
  await using profile = await chromium.profile();
  try {
    const page = await profile.open("about:blank");
    await page.send("Emulation.setDeviceMetricsOverride", {
      width: 1_000,
      height: 700,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.send("Page.enable");
    const loaded = page.event("Page.loadEventFired");
    await page.send("Page.navigate", { url });
    await loaded;
    console.log(`${/Chrome\/[\d.]+/.exec(String(await page.run(() => navigator.userAgent)))?.[0]}\n`);
    // Made before, for it takes its time. Commands are this machine's processes.
    const count = Math.ceil(bytes / LINE_LENGTH);
    execFileSync("sh", ["-c", `seq -f '${LINE}' 1 ${count} > lines; sed 's/$/\\r/' lines > returned`], {
      cwd: directory,
    });
    // What a terminal makes of it: two characters of each end of a line.
    const all = count * (LINE_LENGTH + 1) + END.length;
    const ways: Record<string, () => Promise<Measure>> = {
      [OWN]: () => page.run(measureXterm, `${LINE}\r\n`, all),
      "cat on a terminal, read and thrown away": () =>
        page.run((args: string[]) => window.page.measureSocket("sh", args), cat(`${directory}/lines`)),
      [ADDON]: () => throughAddon(page, cat(`${directory}/lines`), true, all),
      "cat into a pipe, through the addon": () =>
        throughAddon(page, cat(`${directory}/returned`), false, all),
    };
    // Both warm: neither pays for the other's compilation.
    await page.run(measureXterm, `${LINE}\r\n`, 5e6);
    const rounds: Record<string, Run>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const runs: Record<string, Run> = {};
      for (const [name, way] of Object.entries(ways)) runs[name] = await measured(page, way);
      rounds.push(runs);
    }
    return report(rounds, all);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function cat(file: string): string[] {
  return ["-c", `cat ${file}; printf '${END}'`];
}

// In the page.

function measureXterm(line: string, bytes: number): Promise<Measure> {
  return window.page.measureXterm(window.page.terminal, line, bytes);
}

function shown() {
  const exit = window.page.events.findLast(({ type }) => type === "exit");
  return {
    state: document.querySelector<HTMLElement>("#status")?.innerText,
    last: window.page.lines().at(-1),
    came: exit?.type === "exit" ? exit.exit.delivered.stdout.bytes : 0,
    notShown: window.page.notShown(),
  };
}

async function throughAddon(
  page: Page,
  args: readonly string[],
  tty: boolean,
  all: number,
): Promise<Measure> {
  const measure = await page.run(
    (args: readonly string[], tty: boolean) => window.page.measureAddon(window.page, "sh", args, tty),
    args,
    tty,
  );
  await check(page, all);
  return measure;
}

/** @throws Error unless all came, and all of it is shown. */
async function check(page: Page, all: number): Promise<void> {
  const { state, last, came, notShown } = await page.run(shown);
  if (state === "exited with code 0" && last === END && came === all && notShown === 0) return;
  throw new Error(
    `${came} of ${all} bytes came, ${notShown} were not shown: ${state}; last line: ${JSON.stringify(last)}`,
  );
}

/** Runs it with an eye on the heap: ArrayBuffers count, which V8 keeps outside of it. */
async function measured(page: Page, work: () => Promise<Measure>): Promise<Run> {
  const used = async () => {
    const { usedSize, backingStorageSize = 0 } = (await page.send("Runtime.getHeapUsage")) as {
      usedSize: number;
      backingStorageSize?: number;
    };
    return usedSize + backingStorageSize;
  };
  const busy = await watchThread(page);
  await page.send("HeapProfiler.collectGarbage");
  const before = await used();
  const busyBefore = await busy();
  let most = before;
  let over = false;
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, await used());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  let measure: Measure;
  try {
    measure = await work();
  } finally {
    over = true;
    await watching;
  }
  const busyFor = (await busy()) - busyBefore;
  return { ...measure, heap: most - before, busy: busyFor };
}

/** Medians of the rounds, of times and shares, and the most of the rest. */
function report(rounds: readonly Readonly<Record<string, Run>>[], bytes: number): number {
  console.log(
    "| | MB/s | share of xterm.js's own | the page's thread | longest task | heap over the baseline |\n" +
      "|---|---:|---:|---:|---:|---:|",
  );
  let met = true;
  for (const name of Object.keys(rounds[0] ?? {})) {
    const runs = rounds.map((round) => round[name]).filter((run) => run !== undefined);
    const share = median(rounds.map((round) => (round[OWN]?.time ?? Number.NaN) / (round[name]?.time ?? 0)));
    const pace = bytes / 1e3 / median(runs.map(({ time }) => time));
    const busy = median(runs.map(({ busy }) => busy)) / 1e3;
    const longestTask = Math.max(...runs.map((run) => run.longestTask));
    const heap = Math.max(...runs.map((run) => run.heap));
    const task = longestTask === 0 ? "below 50 ms" : `${longestTask.toFixed(0)} ms`;
    const cells = [name, pace.toFixed(1), share.toFixed(2), `${busy.toFixed(1)} s`, task];
    console.log(`| ${cells.join(" | ")} | ${(heap / 1e6).toFixed(1)} MB |`);
    if (name !== ADDON) continue;
    met = longestTask < GOALS.longestTask && heap < GOALS.heap && share >= GOALS.share;
  }
  console.log(
    `\n${ADDON}: goals (below ${GOALS.longestTask} ms, below ${GOALS.heap / 1e6} MB, at least ${GOALS.share}): ${met ? "met" : "missed"}`,
  );
  return met ? 0 : 1;
}
