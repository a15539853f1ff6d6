import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { launchChromium } from "../../e2e/support/demo.ts";
import { serveTerminalPage } from "../../e2e/support/terminal-page.ts";
import type { Measure } from "../../e2e/xterm/measure.ts";

/** Milliseconds of the longest task, bytes of heap over the baseline, and the share of xterm.js's own throughput. */
const GOALS = { longestTask: 200, heap: 100e6, share: 0.5 };

/** What `seq` makes of each line: numbered, for a replay is to be joined without doubt should there be one. */
const LINE = "%012.0f the quick brown fox jumps over the lazy dog, 0123456789 abcdef";
const END = "the last line";
const LINE_LENGTH = LINE.length + 12 - "%012.0f".length + 1;

interface Run extends Measure {
  readonly name: string;
  readonly bytes: number;
  readonly heap: number;
  /** Processor time of the page's thread, in milliseconds: a busy machine adds little to it. */
  readonly busy: number;
}

/** `npm run bench:xterm`: a table, and an exit code that says whether the goals were met. */
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
  // A slow client would lose output on the server, and be measured with less: here it is all kept for it.
  const served = await serveTerminalPage({ dialect: "serve", liveQueueChunks: 1e6 }, true);
  const directory = mkdtempSync(join(tmpdir(), "boxlite-web-bench-"));
  const browser = await launchChromium();
  try {
    console.log(`Chromium ${browser.version()}\n`);
    const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
    await page.goto(served.url, { timeout: 120_000 });
    await page.waitForFunction(() => window.page !== undefined);
    const count = Math.ceil(bytes / LINE_LENGTH);
    // Both warm: neither pays for the other's compilation.
    await page.evaluate((line) => window.page.measureXterm(window.page.terminal, line, 5e6), LINE);
    const own = await measured(page, "terminal.write", bytes, () =>
      page.evaluate(([line, bytes]) => window.page.measureXterm(window.page.terminal, line, bytes), [
        LINE,
        bytes,
      ] as const),
    );
    // Made before, for it takes its time. Commands are this machine's processes.
    execFileSync("sh", ["-c", `seq -f '${LINE}' 1 ${count} > ${directory}/lines`]);
    const file = ["-c", `cat ${directory}/lines; printf '${END}'`];
    const socket = await measured(page, "cat, read and thrown away", bytes, () =>
      page.evaluate((file) => window.page.measureSocket("sh", file), file),
    );
    const addon = await measured(page, "cat, through the addon", bytes, () =>
      page.evaluate((file) => window.page.measureAddon(window.page, "sh", file), file),
    );
    const state = await page.locator("#status").innerText();
    const lines = await page.evaluate(() => window.page.lines());
    const notShown = await page.evaluate(() => window.page.notShown());
    const last = lines.at(-1) ?? "";
    const delivered = await page.evaluate(() => window.page.events.findLast(({ type }) => type === "exit"));
    const came = delivered?.type === "exit" ? delivered.exit.delivered.stdout.bytes : 0;
    // A terminal makes two characters of each end of a line.
    const all = count * (LINE_LENGTH + 1) + END.length;
    if (state !== "exited with code 0" || last !== END || came !== all) {
      console.log(`${came} of ${all} bytes came: ${state}; last line: ${JSON.stringify(last)}`);
      return 1;
    }
    return report([own, socket, addon], notShown);
  } finally {
    await browser.close();
    await served[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
}

/** Runs it with an eye on the heap: ArrayBuffers count, which V8 keeps outside of it. */
async function measured(page: Page, name: string, bytes: number, work: () => Promise<Measure>): Promise<Run> {
  const session = await page.context().newCDPSession(page);
  const used = async () => {
    const { usedSize, backingStorageSize = 0 } = (await session.send("Runtime.getHeapUsage")) as {
      usedSize: number;
      backingStorageSize?: number;
    };
    return usedSize + backingStorageSize;
  };
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("HeapProfiler.collectGarbage");
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
  await session.detach();
  return { ...measure, name, bytes, heap: most - before, busy: busyFor };
}

function report(runs: readonly [Run, Run, Run], notShown: number): number {
  console.log(
    "| | MB/s | the page's thread | longest task | heap over the baseline |\n|---|---:|---:|---:|---:|",
  );
  for (const { name, bytes, time, longestTask, heap, busy } of runs) {
    const task = longestTask === 0 ? "below 50 ms" : `${longestTask.toFixed(0)} ms`;
    const thread = `${(busy / 1e3).toFixed(1)} s`;
    console.log(
      `| ${name} | ${(bytes / 1e3 / time).toFixed(1)} | ${thread} | ${task} | ${(heap / 1e6).toFixed(1)} MB |`,
    );
  }
  const [own, socket, addon] = runs;
  const shown = (addon.bytes - notShown) / addon.bytes;
  const share = (own.time / addon.time) * shown;
  console.log(`\nshown: ${(shown * 100).toFixed(1)} % of the bytes, and the last line`);
  // Chromium's socket and xterm.js share one thread: nothing that joins the two could be faster than both after each other.
  const ceiling = own.time / (own.time + socket.time);
  console.log(
    `throughput of what was shown: ${share.toFixed(2)} of xterm.js's own ` +
      `(socket and xterm.js after each other: ${ceiling.toFixed(2)})`,
  );
  const met = addon.longestTask < GOALS.longestTask && addon.heap < GOALS.heap && share >= GOALS.share;
  console.log(
    `goals (below ${GOALS.longestTask} ms, below ${GOALS.heap / 1e6} MB, at least ${GOALS.share}): ${met ? "met" : "missed"}`,
  );
  return met ? 0 : 1;
}
