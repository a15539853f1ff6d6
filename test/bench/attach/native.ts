import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startLocalServer } from "boxlite-web/local";
import { startFaultProxy } from "boxlite-web/testing";
import { type Child, startChild } from "./child.ts";
import type { Answer, Question } from "./native-main.ts";
import { median } from "./statistics.ts";

const OFFICIAL = "@boxlite-ai/boxlite";
const MIB = 64;
const OUTPUT = `head -c ${MIB * 1_048_576} /dev/zero | tr '\\0' a`;
const LINES = "i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done";

/** Milliseconds after which a client is taken not to come back. */
const PATIENCE = 60_000;

/** The official client and this one, by turns, through the same local server. There is no goal: it shows what differs. */
export async function native(rounds: number): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "boxlite-bench-"));
  try {
    execFileSync("npm", [
      "install",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      OFFICIAL,
    ]);
    const { version } = JSON.parse(
      readFileSync(join(folder, "node_modules", OFFICIAL, "package.json"), "utf8"),
    );
    console.log(`${OFFICIAL} ${version}\n`);
    await compareThroughput(folder, rounds);
    console.log("");
    await compareRecovery(folder, rounds);
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compareThroughput(folder: string, rounds: number): Promise<void> {
  console.log(`| ${MIB} MiB of stdout | MiB/s | CPU ms/MiB |\n|---|---:|---:|`);
  // A client that is slower than the server would have less to read: here it is all kept for it.
  const server = await startLocalServer({ liveQueueChunks: 1e6 });
  const sides = start(folder);
  const answers = new Map<string, Answer[]>();
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, child] of sides) {
      const answer = await ask(child, { url: server.url, token: server.token, script: OUTPUT });
      if (answer.bytes !== MIB * 1_048_576) console.log(`| ${name}: ${answer.bytes} bytes came | | |`);
      if (round >= 0) answers.set(name, [...(answers.get(name) ?? []), answer]);
    }
  }
  for (const [name, of] of answers) {
    const pace = (1_000 * MIB) / median(of.map(({ time }) => time));
    const cpu = median(of.map((answer) => answer.cpu)) / MIB;
    console.log(`| ${name} | ${pace.toFixed(1)} | ${cpu.toFixed(2)} |`);
  }
  for (const child of sides.values()) child[Symbol.dispose]();
  await server.close();
}

async function compareRecovery(folder: string, rounds: number): Promise<void> {
  console.log(
    "| from a cut to the next line | median | slowest | lines that came again | lines that never came |",
  );
  console.log("|---|---:|---:|---:|---:|");
  const server = await startLocalServer();
  for (const [name, child] of start(folder)) {
    const proxy = await startFaultProxy({ target: server.url });
    const address = { url: proxy.url, token: server.token };
    await ask(child, { ...address, script: LINES, watch: true });
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sleep(3_000);
      const cutAt = Date.now();
      proxy.cut("rst");
      let back: number | undefined;
      while (back === undefined && Date.now() - cutAt < PATIENCE) {
        await sleep(100);
        // What was under way is there within milliseconds.
        back = (await ask(child, address)).came.find((at) => at > cutAt + 5);
      }
      times.push((back ?? Number.POSITIVE_INFINITY) - cutAt);
    }
    const { repeated, missing } = await ask(child, address);
    const shown = [median(times), Math.max(...times)].map((time) => `${time.toFixed(0)} ms`);
    console.log(`| ${name} | ${shown.join(" | ")} | ${repeated} | ${missing} |`);
    child[Symbol.dispose]();
    await proxy.close();
  }
  await server.close();
}

function start(folder: string): Map<string, Child> {
  return new Map([
    ["boxlite-web", startChild("native-main", ["client"])],
    [OFFICIAL, startChild("native-main", ["official", folder])],
  ]);
}

function ask(child: Child, question: Question): Promise<Answer> {
  return child.ask<Answer>(question);
}
