import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Demo } from "../demo/server.ts";
import {
  eventually,
  launchChromium,
  linesCame,
  openDemo,
  openTerminal,
  run,
  startDemo,
} from "./support/demo.ts";

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

describe("the demo's gateway", () => {
  let browser: Browser;
  let demo: Demo;
  let page: Page;
  let hostile: Server;
  /** Path of an attach that would be let through: a running execution of the page's box that nobody is attached to. */
  let attachPath: string;

  beforeAll(async () => {
    browser = await launchChromium();
    demo = await startDemo();
    page = await openDemo(browser, demo);
    await openTerminal(page);
    hostile = createServer((_, response) => {
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>hostile</title>");
    }).listen(0, "127.0.0.1");
    await once(hostile, "listening");
    const box = await post("/boxes", { image: "alpine:latest" });
    const execution = await post(`/boxes/${box.box_id}/exec`, { command: "sleep", args: ["1000"] });
    attachPath = `/api/v1/boxes/${box.box_id}/executions/${execution.execution_id}/attach`;
  });
  afterAll(async () => {
    await browser?.close();
    hostile?.closeAllConnections();
    hostile?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  /** Asks the server itself, with the token. */
  async function post(path: string, body: unknown): Promise<Record<string, string>> {
    const headers = { authorization: `Bearer ${demo.server.token}`, "content-type": "application/json" };
    const response = await fetch(`${demo.server.url}/v1${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return response.json();
  }

  async function boxCount(): Promise<number> {
    const headers = { authorization: `Bearer ${demo.server.token}` };
    const { boxes } = await (await fetch(`${demo.server.url}/v1/boxes`, { headers })).json();
    return boxes.length;
  }

  /** The status of a request with these headers; 101 for an upgrade that was let through. */
  async function ask(method: string, path: string, headers: Record<string, string>): Promise<number> {
    const { hostname, port } = new URL(demo.url);
    const asked = request({ hostname, port, method, path, headers });
    asked.end();
    const status = await new Promise<number>((resolve, reject) => {
      asked.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      asked.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      });
      asked.on("error", reject);
    });
    asked.destroy();
    return status;
  }

  test("lets its own page's requests and upgrades through", async () => {
    const { host, origin } = new URL(demo.url);
    expect(await ask("GET", "/api/v1/boxes", { host })).toBe(200);
    expect(await ask("GET", "/api/v1/boxes", { host, "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await ask("POST", "/demo/cut", { host, origin })).toBe(204);
    expect(await ask("GET", attachPath, { ...UPGRADE, host, origin })).toBe(101);
  });

  test.each([
    ["another origin", () => ({ origin: "http://hostile.example" })],
    ["another port of this machine", () => ({ origin: `http://127.0.0.1:${portOf(hostile)}` })],
    [
      "this port under another name",
      () => ({ origin: new URL(demo.url).origin.replace("127.0.0.1", "localhost") }),
    ],
    ["an opaque origin", () => ({ origin: "null" })],
    ["no origin", () => ({})],
    ["a rebound name", () => ({ host: "hostile.example", origin: "http://hostile.example" })],
    [
      "a name that begins like ours",
      () => ({ host: "localhost.hostile.example", origin: "http://localhost.hostile.example" }),
    ],
  ] as const)("refuses what could change something, from %s", async (_, headersOf) => {
    const headers: Record<string, string> = { host: new URL(demo.url).host, ...headersOf() };
    const before = await boxCount();
    expect(await ask("POST", "/api/v1/boxes", { ...headers, "content-type": "application/json" })).toBe(403);
    expect(await ask("DELETE", attachPath.replace("/attach", ""), headers)).toBe(403);
    expect(await ask("POST", "/demo/cut", headers)).toBe(403);
    expect(await ask("GET", attachPath, { ...UPGRADE, ...headers })).toBe(403);
    expect(await boxCount()).toBe(before);
  });

  test("refuses reads that browsers mark as another site's", async () => {
    const { host } = new URL(demo.url);
    expect(await ask("GET", "/api/v1/boxes", { host, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await ask("GET", "/api/v1/boxes", { host, "sec-fetch-site": "same-site" })).toBe(403);
    expect(await ask("GET", "/api/v1/boxes", { host: "hostile.example" })).toBe(403);
  });

  test("a hostile page in the same browser reaches neither /api nor a WebSocket nor a fault", async () => {
    const attacker = await page.context().newPage();
    await attacker.goto(`http://127.0.0.1:${portOf(hostile)}/`);
    const before = await boxCount();
    // The page's own terminal, which may have been cut before.
    await eventually(() => demo.proxy.open).toBe(1);
    const { attaches } = demo.proxy;
    const outcome = await attacker.evaluate(
      async ({ url, path }) => {
        const tries = [
          // What needs no preflight: it is sent, whatever its answer.
          fetch(`${url}api/v1/boxes`, { method: "POST", mode: "no-cors", body: '{"image":"x"}' }),
          fetch(`${url}demo/cut`, { method: "POST", mode: "no-cors" }),
          // What does.
          fetch(`${url}api/v1/boxes`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: '{"image":"x"}',
          }),
          fetch(`${url}api/v1/boxes`),
        ];
        const answers = (await Promise.allSettled(tries)).map((answer) =>
          answer.status === "rejected" ? "rejected" : answer.value.type,
        );
        const socket = new WebSocket(new URL(path, url.replace("http", "ws")));
        const opened = await new Promise<boolean>((resolve) => {
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        });
        return { answers, opened };
      },
      { url: demo.url, path: attachPath },
    );
    // The gateway has browsers keep even an unreadable answer from other sites.
    expect(outcome).toEqual({ answers: ["rejected", "opaque", "rejected", "rejected"], opened: false });
    expect(await boxCount()).toBe(before);
    expect(demo.proxy.attaches).toBe(attaches);
    await attacker.close();
  });

  test("no other page can show it in a frame", async () => {
    const response = await fetch(demo.url);
    expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  });

  test("the token is nowhere in the page: not in what it loads, asks, is answered, keeps or shows", async () => {
    const context = await browser.newContext();
    const watched = await context.newPage();
    const seen: string[] = [];
    const bodies: Promise<void>[] = [];
    watched.on("request", (sent) => {
      seen.push(sent.url(), JSON.stringify(sent.headers()), sent.postData() ?? "");
    });
    watched.on("response", (answer) => {
      seen.push(JSON.stringify(answer.headers()));
      const body = answer.text().then(
        (text) => void seen.push(text),
        () => {},
      );
      bodies.push(body);
    });
    watched.on("websocket", (socket) => {
      seen.push(socket.url());
      socket.on("framereceived", ({ payload }) => seen.push(payload.toString()));
      socket.on("framesent", ({ payload }) => seen.push(payload.toString()));
    });
    watched.on("console", (message) => seen.push(message.text()));
    await watched.goto(demo.url);
    await watched.locator(".run-button:enabled").waitFor();
    await run(watched, "env; echo done");
    await linesCame(watched, "stdout", 3);
    await openTerminal(watched);
    await Promise.all(bodies);
    seen.push(
      await watched.content(),
      await watched.evaluate(() =>
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
      ),
      JSON.stringify(await context.cookies()),
    );
    const everything = seen.join("\n");
    // What it is looked for in is really there.
    expect(everything).toContain("execution_id");
    expect(everything).toContain("createRunTab");
    expect(everything).not.toContain(demo.server.token);
    await context.close();
  });
});

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the hostile server does not listen");
  return address.port;
}
