import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";

type Started = ChildProcessByStdio<null, Readable, Readable>;

function start(args: readonly string[]): Started {
  return spawn(process.execPath, ["demo/start.mjs", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function finish(child: Started): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null ? once(child, "exit") : [],
  ]);
  return { code: child.exitCode, stdout, stderr };
}

const demo = (...args: string[]) => finish(start(args));

/** Waits until the child has written a text, and leaves the rest to be read. */
async function written(stream: Readable, wanted: string): Promise<void> {
  let seen = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    if (seen.includes(wanted)) return;
  }
  throw new Error(`ended without "${wanted}": ${seen}`);
}

function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("npm run demo -- --headless", () => {
  test.each(["serve", "runner"])("output is whole though the connection was cut, %s", async (dialect) => {
    const { code, stdout, stderr } = await demo(
      "--headless",
      "seq 1 100000",
      "--cut-every",
      "65536",
      "--dialect",
      dialect,
    );
    const expected = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(sha256(stdout)).toBe(sha256(expected));
    expect(Number(/demo: cuts: (\d+)/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(5);
    expect(stderr).toContain(`demo: stdout: received 588895 bytes, SHA-256 ${sha256(expected)}`);
    expect(stderr).toContain(`demo: stdout: written  588895 bytes, SHA-256 ${sha256(expected)}`);
    expect(stderr).toContain("demo: stdout: identical\n");
    expect(code).toBe(0);
  });

  test("the command's stderr and code are ours", async () => {
    const { code, stdout, stderr } = await demo("--headless", "echo out; echo err >&2; exit 7");
    expect(stdout).toBe("out\n");
    expect(stderr).toContain("err\n");
    expect(stderr).toContain("demo: stderr: identical\n");
    expect(code).toBe(7);
  });

  test("a command that a signal ends gives 128 and its number", async () => {
    expect((await demo("--headless", "kill -TERM $$")).code).toBe(128 + 15);
  });

  test("an interrupt ends the command and the demo", async () => {
    const child = start(["--headless", "echo $$; exec sleep 1000"]);
    const pid = Number(await firstLine(child.stdout));
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect(code).toBe(130);
    expect(isAlive(pid)).toBe(false);
  });

  test.each([
    [["--dialect", "cloud"], "--dialect"],
    [["--headless", ""], "--headless"],
    [["--headless", "true", "--cut-every", "often"], "--cut-every"],
    [["--cut-every", "5"], "--cut-every"],
    [["--port", "70000"], "--port"],
    [["seq"], "seq"],
    [["--unknown"], "--unknown"],
  ])("wrong usage is said in a sentence: %j", async (args, word) => {
    const { code, stdout, stderr } = await demo(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(word);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("npm run demo", () => {
  test("says where the page is and what it may do, and an interrupt ends it", async () => {
    const child = start(["--port", "0"]);
    await written(child.stdout, "without isolation");
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  test("a port that is taken is said", async () => {
    const first = start(["--port", "0"]);
    const url = /http:\S+/.exec(await firstLine(first.stdout))?.[0] ?? "";
    const { code, stderr } = await demo("--port", new URL(url).port);
    first.kill("SIGINT");
    await once(first, "exit");
    expect(code).toBe(1);
    expect(stderr).toContain("--port");
  });
});

async function firstLine(stream: Readable): Promise<string> {
  let seen = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    const [line = "", rest] = seen.split("\n");
    if (rest !== undefined) return line;
  }
  throw new Error(`ended without a line: ${seen}`);
}

/** A killed process may stay in the table until the system's first process has looked at it. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  const state = stdout.trim();
  return state !== "" && !state.startsWith("Z");
}
