import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Box, BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { collectAll } from "../support/collect.ts";

/** Real processes behind real sockets, through the public surface. */

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  let server: LocalServer;
  let box: Box;

  beforeAll(async () => {
    // All in one process, which also compares: the live queue is longer than a server's, so that none is dropped.
    server = await startLocalServer({ dialect, liveQueueChunks: 100_000 });
    const boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
    box = await boxlite.boxes.create({ image: "alpine:latest" });
  });

  afterAll(async () => {
    await server.close();
  });

  const sh = (script: string, options = {}) => box.exec("sh", ["-c", script], options);

  test("a shell's stdout, stderr and code", async () => {
    const execution = await sh("echo out; echo err >&2; exit 3");
    expect(await execution.text()).toMatchObject({
      stdout: "out\n",
      stderr: "err\n",
      exitCode: 3,
      outcome: "exited",
    });
  });

  test("seq 1 200000, by digest", async () => {
    const execution = await sh("seq 1 200000");
    const { stdout, complete } = await execution.output();
    let expected = "";
    for (let number = 1; number <= 200_000; number += 1) expected += `${number}\n`;
    expect(sha256(stdout)).toBe(sha256(new TextEncoder().encode(expected)));
    expect(complete).toBe(true);
  });

  test("yes | head -c 50000000, counted and compared as it comes", async () => {
    const execution = await sh("yes | head -c 50000000");
    const reader = execution.stdout.getReader();
    let length = 0;
    let wrong = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      for (const byte of next.value) {
        if (byte !== (length % 2 === 0 ? 121 : 10)) wrong += 1;
        length += 1;
      }
    }
    expect({ length, wrong }).toEqual({ length: 50_000_000, wrong: 0 });
    expect((await execution.exit).exitCode).toBe(0);
  }, 60_000);

  test("stdout and stderr mixed, each in its order", async () => {
    const execution = await sh("i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done");
    const { stdout, stderr } = await execution.text();
    const lines = (letter: string) => Array.from({ length: 500 }, (_, line) => `${letter}${line}\n`).join("");
    expect([stdout, stderr]).toEqual([lines("o"), lines("e")]);
  });

  test("binary from /dev/urandom, by the digest that the process's side measured", async () => {
    const folder = mkdtempSync(join(tmpdir(), "boxlite-web-"));
    const execution = await sh(
      `head -c 200000 /dev/urandom | tee ${folder}/bytes; sha256sum < ${folder}/bytes >&2`,
    );
    const { stdout, stderr } = await execution.output();
    expect(stdout.length).toBe(200_000);
    expect(new TextDecoder().decode(stderr)).toContain(sha256(stdout));
    rmSync(folder, { recursive: true });
  });

  test("a terminal: its size at the start, a resize, ^C, and its end", async () => {
    const execution = await box.exec("sh", [], { tty: { cols: 100, rows: 30 }, env: { PS1: "$ " } });
    const writer = execution.stdin.getWriter();
    const type = (text: string) => writer.write(new TextEncoder().encode(text));
    const screen = createScreen(execution.stdout);
    await screen.until("$ ");
    await type("stty size\r");
    await screen.until("30 100");
    execution.resize({ cols: 132, rows: 43 });
    await type("stty size\r");
    await screen.until("43 132");
    // The job itself says that it runs in the foreground: a ^C before that would be the shell's, not its.
    await type("sh -c 'echo job runs''; exec sleep 1000'\r");
    await screen.until("job runs\r\n");
    await type("\u0003");
    await type("echo code $?\r");
    await screen.until("code 130");
    await type("exit 5\r");
    expect(await execution.exit).toMatchObject({ exitCode: 5, delivered: { stderr: { bytes: 0 } } });
  });

  test("stdin goes in, and its end is the process's end", async () => {
    const execution = await sh("cat; echo done", { stdin: "one\ntwo\n" });
    expect((await execution.text()).stdout).toBe("one\ntwo\ndone\n");
  });

  test("a signal, a kill, a timeout: each in its own form", async () => {
    // One process, whatever the moment: a signal between a fork and an exec can get lost in the shell.
    const signaled = await sh("echo ready; exec sleep 1000");
    await signaled.stdout.getReader().read();
    await signaled.signal("SIGINT");
    expect(await signaled.exit).toMatchObject({ outcome: "signaled", signal: 2, exitCode: -2 });

    // Attached: the exit frame is heard. Before that, a kill leaves nothing to attach to, and its answer is the end.
    const killed = await sh("echo ready; exec sleep 1000");
    await killed.stdout.getReader().read();
    await killed.kill();
    expect(await killed.exit).toMatchObject({ outcome: "signaled", signal: 9, exitCode: -9 });

    const late = await sh("sleep 1000", { timeout: 100 });
    expect(await late.exit).toMatchObject({ outcome: "signaled", signal: 15, exitCode: -15 });
  });

  test("an abort ends the handle with its reason, and the process", async () => {
    const abort = new AbortController();
    const execution = await sh("echo $$; exec sleep 1000", { signal: abort.signal });
    const pid = Number(new TextDecoder().decode((await execution.stdout.getReader().read()).value));
    abort.abort(new Error("not needed any more"));
    await expect(execution.exit).rejects.toThrow("not needed any more");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("await using: a process that runs is killed with its scope; one that is attached to goes on", async () => {
    let pid = 0;
    {
      await using execution = await sh("echo $$; exec sleep 1000");
      pid = Number(new TextDecoder().decode((await execution.stdout.getReader().read()).value));
      execution.detach();
      await using again = await box.attach(execution.id);
      const events = again.events.getReader();
      expect((await events.read()).value).toMatchObject({
        type: expect.stringMatching(/connected|disconnected/),
      });
    }
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  test("a second client gets its turn when the first lets go", async () => {
    const first = await sh("echo hello; read line; echo $line");
    await first.stdout.getReader().read();
    const second = await box.attach(first.id);
    const events = collectAll(second.events);
    await expect.poll(() => second.events.locked).toBe(true);
    first.detach();
    const writer = second.stdin.getWriter();
    await writer.write(new TextEncoder().encode("world\n"));
    expect((await second.text()).stdout).toBe("hello\nworld\n");
    expect((await events).some((event) => event.type === "connected")).toBe(true);
  });
});

/** What a terminal shows, as it comes. */
function createScreen(stdout: ReadableStream<Uint8Array>) {
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let unseen = "";
  return {
    /** Reads until `text` was shown; what comes behind it is kept for the next call. */
    async until(text: string): Promise<void> {
      while (!unseen.includes(text)) {
        const next = await reader.read();
        if (next.done)
          throw new Error(`the terminal ended before it showed ${JSON.stringify(text)}: ${unseen}`);
        unseen += decoder.decode(next.value, { stream: true });
      }
      unseen = unseen.slice(unseen.indexOf(text) + text.length);
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
