import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { linesCame, run } from "./demo.ts";

export interface Parts {
  readonly count: number;
  /** Prints a part, whose number is `$p`. Below 190 KB, or a slow page may miss some of it. */
  readonly command: string;
  /** Lines that it prints. */
  readonly lines: number;
  /** What comes after the last part. Default: nothing, the command ends. */
  readonly after?: string;
}

/** Periodic, and more than a server keeps: after a cut nobody can say where it goes on. */
export const PERIODIC: Parts = {
  count: 3,
  command: "yes | head -c 120000",
  lines: 60_000,
  after: "echo 'a warning' >&2; exec sleep 1000",
};

/**
 * Runs a command that prints its next part when the one before has come: servers drop output for a reader that is slow, and
 * do not say so.
 */
export async function runInParts(page: Page, { count, command, lines, after = "" }: Parts): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-"));
  const wait = `until [ -e ${folder}/$p ]; do sleep 0.02; done`;
  await run(page, `for p in $(seq 1 ${count}); do ${wait}; ${command}; done; ${after}`);
  for (let part = 1; part <= count; part += 1) {
    await writeFile(join(folder, String(part)), "");
    await linesCame(page, "stdout", part * lines);
  }
  await rm(folder, { recursive: true });
}
