import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { findRuntime, type RuntimeGateway, running, startWorker } from "../gateway/runtimes/start.ts";
import type { Packed } from "../package/tarball.ts";
import { installExamples } from "./installed-examples.ts";

/** The examples that a runtime runs, beside the installed package. */

let installed: Packed;
let server: LocalServer;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  installed = installExamples();
  server = await startLocalServer();
  env = { ...process.env, BOXLITE_REST_URL: server.url, BOXLITE_API_KEY: server.token, PORT: "0" };
}, 120_000);
afterAll(async () => {
  await server?.close();
  installed?.[Symbol.dispose]();
});

/** Runs a command line in the folder to its end. What is not said of its stdin is that it stays open. */
async function run(command: string, args: readonly string[], stdin?: string) {
  const child = spawn(command, args, { cwd: installed.folder, env });
  if (stdin !== undefined) child.stdin.end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code };
}

const boxes = () => new BoxLite({ baseUrl: server.url, token: server.token }).boxes.list().all();

/** A runtime that may be missing: then its tests are left out, and it is said. */
function describeRuntime(name: "deno" | "bun" | "workerd", tests: (path: string) => void): void {
  const path = findRuntime(name);
  const reason = `no ${name} here: put it into PATH, or set ${name.toUpperCase()}_PATH`;
  if (path === undefined) console.log(`examples on ${name}: left out, ${reason}`);
  describe.skipIf(path === undefined)(`on ${name}`, () => tests(path ?? name));
}

describe("node-cli.js", () => {
  const cli = (args: readonly string[], stdin?: string) =>
    run(process.execPath, ["examples/node-cli.js", ...args], stdin);

  test("is the command: its streams, and its code", async () => {
    const script = "cat; echo error >&2; exit 3";
    const result = await cli(["alpine:latest", "sh", "-c", script], "in\n");
    expect(result).toEqual({ stdout: "in\n", stderr: "error\n", code: 3 });
    expect(await boxes()).toEqual([]);
  });

  test("ends with the command, though its stdin does not", async () => {
    expect(await cli(["alpine:latest", "echo", "hello"])).toEqual({ stdout: "hello\n", stderr: "", code: 0 });
  });

  test("a signal is passed on, and its number is in the code", async () => {
    const args = ["examples/node-cli.js", "alpine:latest", "sh", "-c", "echo ready; exec sleep 1000"];
    const child = spawn(process.execPath, args, { cwd: installed.folder, env });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([143, null]);
    expect(await boxes()).toEqual([]);
  });

  test("says how it is used", async () => {
    expect(await cli([])).toMatchObject({ stdout: "", stderr: expect.stringContaining("usage:"), code: 2 });
  });
});

describeRuntime("deno", (path) => {
  test("deno-net-only.js needs the server's address as its only permission", async () => {
    const { host } = new URL(server.url);
    const flags = ["run", "--no-prompt", "--no-lock", "--node-modules-dir=manual", "--conditions=browser"];
    const script = ["examples/deno-net-only.js", server.url, server.token, "sh", "-c", "echo hello; exit 3"];
    const allowed = await run(path, [...flags, `--allow-net=${host}`, ...script]);
    expect(allowed).toEqual({ stdout: "hello\n", stderr: "", code: 3 });
    const denied = await run(path, [...flags, ...script]);
    expect(denied).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("Requires net access"),
      code: 1,
    });
  });
});

/** What a gateway's example has to do: let in who has a session, and nobody else. */
function testsOfGateway(start: () => Promise<RuntimeGateway>): void {
  let gateway: RuntimeGateway;
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway?.[Symbol.asyncDispose]());

  const client = (headers: Readonly<Record<string, string>>) => {
    const { origin } = new URL(gateway.url);
    return new BoxLite({
      baseUrl: `${origin}/api`,
      fetch: (input, init) => {
        const request = new Request(input, init);
        for (const [name, value] of Object.entries({ ...headers, origin })) request.headers.set(name, value);
        return fetch(request);
      },
      webSocket: (url, { protocols }) => new WebSocket(url, [...protocols], { origin, headers }),
    });
  };
  const command = { image: "alpine:latest", command: "sh", args: ["-c", "cat; exit 3"], stdin: "in\n" };

  test("who has a session may run a command", async () => {
    expect(await client({ cookie: "session=1" }).run(command)).toMatchObject({ stdout: "in\n", exitCode: 3 });
  });

  test("who has none may not", async () => {
    await expect(client({}).run(command)).rejects.toMatchObject({ status: 401 });
  });
}

describeRuntime("bun", (path) => {
  describe("bun-server.js", () => {
    testsOfGateway(() => {
      const child: ChildProcess = spawn(path, ["examples/bun-server.js"], {
        cwd: installed.folder,
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      return running(child, (line) => line);
    });
  });
});

describeRuntime("workerd", (path) => {
  describe("cloudflare-worker.js", () => {
    testsOfGateway(() =>
      startWorker(path, join(installed.folder, "examples/cloudflare-worker.js"), {
        BOXLITE_URL: server.url,
        BOXLITE_TOKEN: server.token,
      }),
    );
  });
});
