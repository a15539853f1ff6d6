import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { launchChromium } from "../../e2e/support/demo.ts";
import { serveTerminalPage } from "../../e2e/support/terminal-page.ts";
import type { Measure } from "../../e2e/xterm/measure.ts";

/** Milliseconds of the longest task, bytes of heap over the baseline, and the share of xterm.js's own throughput. */
const GOALS = { longestTask: 200, heap: 100e6, share: 0.5 };

const LINE = `${"0123456789abcdef ".repeat(4)}the quick brown fox\n`;

interface Run extends Measure {
  readonly name: string;
  readonly bytes: number;
  readonly heap: number;
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
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`);
  // A slow client would lose output on the server, and be measured with less: here it is all kept for it.
  const served = await serveTerminalPage({ dialect: "serve", liveQueueChunks: 1e6 }, true);
  const browser = await launchChromium();
  try {
    console.log(`Chromium ${browser.version()}\n`);
    const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
    await page.goto(served.url, { timeout: 120_000 });
    await page.waitForFunction(() => window.page !== undefined);
    const count = Math.ceil(bytes / LINE.length);
    // Both warm: neither pays for the other's compilation.
    await page.evaluate((line) => window.page.measureXterm(window.page.terminal, line, 5e6), LINE);
    const own = await measured(page, "terminal.write", bytes, () =>
      page.evaluate(([line, bytes]) => window.page.measureXterm(window.page.terminal, line, bytes), [
        LINE,
        bytes,
      ] as const),
    );
    const file = [
      "-c",
      `f=$(mktemp); yes '${LINE.trimEnd()}' | head -n ${count} > $f; cat $f; rm $f; printf 'the last line'`,
    ];
    const socket = await measured(page, "cat, read and thrown away", bytes, () =>
      page.evaluate((file) => window.page.measureSocket("sh", file), file),
    );
    const addon = await measured(page, "cat, through the addon", bytes, () =>
      page.evaluate((file) => window.page.measureAddon(window.page, "sh", file), file),
    );
    const lines = await page.evaluate(() => window.page.lines());
    const notShown = await page.evaluate(() => window.page.notShown());
    return report([own, socket, addon], lines.at(-1) ?? "", notShown);
  } finally {
    await browser.close();
    await served[Symbol.asyncDispose]();
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
  await session.send("HeapProfiler.collectGarbage");
  const before = await used();
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
  await session.detach();
  return { ...measure, name, bytes, heap: most - before };
}

function report(runs: readonly [Run, Run, Run], lastLine: string, notShown: number): number {
  console.log("| | MB/s | longest task | heap over the baseline |\n|---|---:|---:|---:|");
  for (const { name, bytes, time, longestTask, heap } of runs) {
    const task = longestTask === 0 ? "below 50 ms" : `${longestTask.toFixed(0)} ms`;
    console.log(`| ${name} | ${(bytes / 1e3 / time).toFixed(1)} | ${task} | ${(heap / 1e6).toFixed(1)} MB |`);
  }
  const [own, socket, addon] = runs;
  const shown = (addon.bytes - notShown) / addon.bytes;
  const share = (own.time / addon.time) * shown;
  console.log(`\nshown: ${(shown * 100).toFixed(1)} % of the bytes; last line: ${JSON.stringify(lastLine)}`);
  // Chromium's socket and xterm.js share one thread: nothing that joins the two could be faster than both after each other.
  const ceiling = own.time / (own.time + socket.time);
  console.log(
    `throughput of what was shown: ${share.toFixed(2)} of xterm.js's own ` +
      `(socket and xterm.js after each other: ${ceiling.toFixed(2)})`,
  );
  const met =
    addon.longestTask < GOALS.longestTask &&
    addon.heap < GOALS.heap &&
    share >= GOALS.share &&
    lastLine === "the last line";
  console.log(
    `goals (below ${GOALS.longestTask} ms, below ${GOALS.heap / 1e6} MB, at least ${GOALS.share}): ${met ? "met" : "missed"}`,
  );
  return met ? 0 : 1;
}
