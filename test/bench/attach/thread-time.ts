import type { Page } from "../../../e2e/support/cdp.ts";

/** Has Chromium count what the page's thread is busy: the milliseconds of processor time so far, each time it is asked. */
export async function watchThread(page: Page): Promise<() => Promise<number>> {
  await page.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = (await page.send("Performance.getMetrics")) as {
      metrics: { name: string; value: number }[];
    };
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
}
