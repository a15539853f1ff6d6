import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { launchChromium } from "../../e2e/support/demo.ts";
import { serveTerminalPage } from "../../e2e/support/terminal-page.ts";

/** Milliseconds from a cut to the next byte in the page, at the median. */
const GOAL = 500;

/** A line every few milliseconds, so that what is measured is the connection. */
const TICKS = ["-c", "i=0; while :; do i=$((i + 1)); echo line $i; sleep 0.005; done"];

/** `npm run bench:recovery`: a table, and an exit code that says whether the goal was met. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { cuts: { type: "string", default: "50" } } });
  const cuts = Number(values.cuts);
  if (!Number.isInteger(cuts) || cuts < 1) {
    console.error("bench:recovery: --cuts takes a whole number from 1.");
    return 2;
  }
  const load = (loadavg()[0] ?? 0).toFixed(1);
  console.log(`${new Date().toISOString().slice(0, 10)}: npm run bench:recovery -- --cuts ${cuts}`);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, load average ${load}`);
  const browser = await launchChromium();
  try {
    console.log(`Chromium ${browser.version()}\n`);
    console.log("| server | cut | median | slowest |\n|---|---|---:|---:|");
    const medians: number[] = [];
    for (const dialect of ["runner", "serve"] as const) {
      for (const how of ["fin", "rst"] as const) {
        await using served = await serveTerminalPage({ dialect });
        const page = await browser.newPage();
        await page.goto(served.url, { timeout: 120_000 });
        await page.waitForFunction(() => window.page !== undefined);
        await page.evaluate((ticks) => window.page.recordRecoveries("sh", ticks), TICKS);
        const times: number[] = [];
        while (times.length < cuts) {
          await page.waitForTimeout(100);
          const cut = performance.timeOrigin + performance.now();
          served.proxy.cut(how);
          await page.waitForFunction((count) => window.page.recoveries.length > count, times.length);
          const at = await page.evaluate((count) => window.page.recoveries[count], times.length);
          times.push((at ?? Number.NaN) - cut);
        }
        await page.close();
        times.sort((one, other) => one - other);
        const median = times[Math.floor(times.length / 2)] ?? Number.NaN;
        medians.push(median);
        console.log(`| ${dialect} | ${how} | ${median.toFixed(0)} ms | ${times.at(-1)?.toFixed(0)} ms |`);
      }
    }
    const met = medians.every((median) => median < GOAL);
    console.log(`\ngoal (each median below ${GOAL} ms): ${met ? "met" : "missed"}`);
    return met ? 0 : 1;
  } finally {
    await browser.close();
  }
}
