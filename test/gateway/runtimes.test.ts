import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { BoxLite, type ExecutionEvent } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";
import { bundle, findRuntime, type RuntimeGateway, startRuntime } from "./runtimes/start.ts";
import { ask, UPGRADE, until } from "./setting.ts";
import "./patience.ts";

test("the entry for the edge needs nothing of Node's, and no package", async () => {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-bundle-"));
  await bundle(join(import.meta.dirname, "runtimes/workers.ts"), folder);
  const code = await readFile(join(folder, "worker.js"), "utf8");
  await rm(folder, { recursive: true });
  expect(code).toContain("WebSocketPair");
  expect(code).not.toMatch(/\bfrom ?"|\bimport\(|\brequire\(|node:|\bBuffer\b|\bprocess\./);
});

describe.each(["deno", "bun", "workerd"] as const)("the gateway on %s", (name) => {
  const path = findRuntime(name);
  if (path === undefined) {
    const reason = `no ${name} here: put it into PATH, or set ${name.toUpperCase()}_PATH`;
    console.log(`gateway on ${name}: left out, ${reason}`);
    test.skip(reason);
    return;
  }
  let server: LocalServer;
  let proxy: FaultProxy;
  let gateway: RuntimeGateway;
  let boxlite: BoxLite;

  beforeAll(async () => {
    server = await startLocalServer({ dialect: "runner" });
    proxy = await startFaultProxy({ target: server.url });
    gateway = await startRuntime(name, path, proxy.url, server.token);
    boxlite = new BoxLite({
      baseUrl: `${gateway.url}/api`,
      fetch: (input, init) => {
        const request = new Request(input, init);
        request.headers.set("origin", gateway.url);
        return fetch(request);
      },
      webSocket: (url, { protocols }) => new WebSocket(url, [...protocols], { origin: gateway.url }),
    });
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await proxy?.close();
    await server?.close();
  });

  test("a command runs, with stdin, stdout and stderr", async () => {
    const { stdout, stderr, exitCode } = await boxlite.run({
      image: "alpine:latest",
      command: "sh",
      args: ["-c", "cat; echo done >&2; exit 3"],
      stdin: "hello\n",
    });
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: "hello\n", stderr: "done\n", exitCode: 3 });
  });

  test("a refused attach has its status", async () => {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const first = await box.exec("cat");
    await first.events.getReader().read();
    const second = await box.attach(first.id);
    const events = second.events.getReader();
    let event: ExecutionEvent | undefined;
    while (event?.type !== "disconnected") event = (await events.read()).value;
    expect(event).toMatchObject({ cause: { kind: "refused", status: 409 } });
    second.detach();
    await first.kill();
  });

  test("a cut behind it is passed on, and recovered from", async () => {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const execution = await box.exec("sh", ["-c", "echo first; read -r _; echo second"]);
    const events: ExecutionEvent[] = [];
    const reader = execution.events.getReader();
    const watched = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) events.push(next.value);
    })();
    await until(() => proxy.open === 1 && events.some(({ type }) => type === "connected"));
    proxy.cut("rst");
    await until(() => events.filter(({ type }) => type === "connected").length === 2);
    const keys = execution.stdin.getWriter();
    await keys.write(new TextEncoder().encode("\n"));
    await keys.close();
    expect((await execution.text()).stdout).toBe("first\nsecond\n");
    await watched;
  });

  test("megabytes pass both ways, through a process that takes its time", async () => {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const bytes = new Uint8Array(4 * 1024 * 1024).fill(97);
    const execution = await box.exec("sh", ["-c", "sleep 1; wc -c"], { stdin: bytes });
    expect((await execution.text()).stdout.trim()).toBe(String(bytes.length));
  });

  test("a page that is too slow is not waited for: it is told what was dropped, and its input goes on", async () => {
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const flood = await box.exec("sh", ["-c", "read -r _; head -c 60000000 /dev/zero; read -r _; echo end"]);
    await flood.events.getReader().read();
    flood.detach();
    await until(() => proxy.open === 0);
    const url = `${gateway.url.replace("http", "ws")}/api/v1/boxes/${box.id}/executions/${flood.id}/attach`;
    const init = { origin: gateway.url, perMessageDeflate: false };
    const page = new WebSocket(url, ["boxlite-gateway.v1"], init);
    await new Promise((resolve) => page.once("message", resolve));
    const texts: string[] = [];
    let bytes = 0;
    page.on("message", (data, isBinary) => {
      if (!(data instanceof Buffer)) return;
      if (isBinary) bytes += data.length - 1;
      else texts.push(data.toString());
    });
    const written = async () => (await box.metrics()).bytesReceivedTotal ?? 0;
    page.pause();
    page.send(Buffer.from("\n"));
    await expect.poll(written, { timeout: 30_000 }).toBe(60_000_000);
    page.send(Buffer.from("\n"));
    await expect.poll(written).toBe(60_000_004);
    page.resume();
    await new Promise((resolve) => page.once("close", resolve));
    expect(texts.at(-1)).toContain('"exit_code":0');
    const dropped = texts.map((text) => JSON.parse(text)).filter(({ event }) => event === "dropped");
    expect(dropped.length).toBeGreaterThan(0);
    const all = dropped.reduce((sum, frame) => sum + frame.bytes, bytes);
    // The server drops some, too, for a gateway that is busy.
    expect(all).toBeLessThanOrEqual(60_000_004);
    expect(all).toBeGreaterThan(20_000_000);
    await box.remove();
  });

  test("a page of another origin gets nowhere", async () => {
    const origin = "http://hostile.example";
    const path = "/api/v1/boxes/b/executions/e/attach";
    expect((await ask(gateway.url, "POST", "/api/v1/boxes", { origin })).status).toBe(403);
    expect((await ask(gateway.url, "GET", path, { ...UPGRADE, origin })).status).toBe(403);
    expect((await ask(gateway.url, "GET", "/api/v1/boxes", { origin })).status).toBe(403);
  });

  test.each([
    "/api/v1/boxes/..%2f..%2fadmin",
    "/api/v1/boxes/%2e%2e/%2e%2e/admin",
    "/api/v1/../admin",
    "/api/v1/boxes/a%5cb",
    "/api/v1/boxes/%252e%252e",
    "//hostile.example/api/v1/boxes",
  ])("no path gets out of it: %s", async (attack) => {
    expect((await ask(gateway.url, "GET", attack)).status).toBeGreaterThanOrEqual(400);
  });
});
