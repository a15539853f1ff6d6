import { describe, expect, test } from "vitest";
import { runCommandLine } from "../../src/local/command-line.ts";
import { startLocalServer } from "../../src/local/index.ts";

function runIn(args: string[]) {
  const interrupt = new AbortController();
  const output = { out: "", error: "" };
  let greeted = () => {};
  const greeting = new Promise<void>((resolve) => {
    greeted = resolve;
  });
  const exitCode = runCommandLine(args, {
    out(text) {
      output.out += text;
      greeted();
    },
    error(text) {
      output.error += text;
    },
    interrupt: interrupt.signal,
  });
  return { output, greeting, interrupt, exitCode };
}

describe("boxlite-web local", () => {
  test.each([
    [[], "serve"],
    [["--dialect", "runner"], "runner"],
  ])("%j serves until it is interrupted, and warns", async (options, dialect) => {
    const { output, greeting, interrupt, exitCode } = runIn([
      "local",
      "--port",
      "0",
      "--token",
      "secret",
      ...options,
    ]);
    await greeting;
    expect(output.out).toContain(`(${dialect})`);
    expect(output.out).toContain("Token: secret");
    expect(output.out).toContain("no isolation. Commands run as you, on this machine");
    // The line to copy works as it is.
    const url = /curl (\S+)/.exec(output.out)?.[1] ?? "";
    const headers = Object.fromEntries(
      [...output.out.matchAll(/-H '(.+?): (.+?)'/g)].map(([, k, v]) => [k, v]),
    );
    const reply = await fetch(url, { method: "POST", headers, body: "{}" });
    expect(reply.status).toBe(201);
    interrupt.abort();
    expect(await exitCode).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
    expect(output.error).toBe("");
  });

  test("makes up a token", async () => {
    const { output, greeting, interrupt, exitCode } = runIn(["local", "--port=0"]);
    await greeting;
    expect(output.out).toMatch(/Token: [\w-]{43}\n/);
    interrupt.abort();
    await exitCode;
  });

  test.each([[["--help"]], [["local", "-h"]]])("%j shows the options", async (args) => {
    const { output, exitCode } = runIn(args);
    expect(await exitCode).toBe(0);
    expect(output.out).toMatch(/^Usage: boxlite-web local/);
    expect(output.out).toContain("no isolation");
  });

  test.each([
    [["local", "--prot", "1"], "--prot"],
    [["local", "--port", "http"], "--port http"],
    [["local", "--port", "65536"], "--port 65536"],
    [["local", "--port", ""], "--port"],
    [["local", "--dialect", "cloud"], "--dialect cloud: expected serve or runner"],
    [["local", "--token", ""], "--token is empty"],
    [["local", "extra"], 'unexpected argument "extra"'],
    [["remote"], 'unknown command "remote"'],
    [[], "which command?"],
  ])("%j is wrong usage", async (args, message) => {
    const { output, exitCode } = runIn(args);
    expect(await exitCode).toBe(2);
    expect(output.error.split("\n")[0]).toContain(message);
    expect(output.error).toContain("Usage:");
    expect(output.out).toBe("");
  });

  test("says in one line what to do about a port that is taken", async () => {
    await using server = await startLocalServer();
    const { port } = new URL(server.url);
    const { output, exitCode } = runIn(["local", "--port", port]);
    expect(await exitCode).toBe(1);
    expect(output.error).toBe(
      `boxlite-web: port ${port} is taken on 127.0.0.1: choose another with --port, or any free one with --port 0\n`,
    );
  });
});
