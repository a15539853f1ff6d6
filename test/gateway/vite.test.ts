import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Plugin, type ViteDevServer } from "vite";
import { afterEach, beforeEach, expect, test } from "vitest";
import WebSocket from "ws";
import { boxliteGateway } from "../../src/gateway/vite.ts";
import { BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { ask, UPGRADE } from "./setting.ts";
import "./patience.ts";

let server: LocalServer;
let root: string;
let vite: ViteDevServer;
let url: string;

beforeEach(async () => {
  server = await startLocalServer();
  root = await mkdtemp(join(tmpdir(), "boxlite-web-vite-"));
  await writeFile(join(root, "index.html"), "<!doctype html><title>the page</title>");
  // That it is one of Vite's plugins is for the compiler to say.
  const plugin: Plugin = boxliteGateway({
    target: server.url,
    token: server.token,
    authorize: () => ({ allow: true }),
  });
  vite = await createServer({
    configFile: false,
    root,
    cacheDir: join(root, ".vite"),
    logLevel: "silent",
    plugins: [plugin],
    server: { host: "127.0.0.1", port: 0, watch: null },
  });
  await vite.listen();
  url = vite.resolvedUrls?.local[0]?.replace(/\/$/, "") ?? "";
});
afterEach(async () => {
  await vite.close();
  await server.close();
  await rm(root, { recursive: true });
});

test("the development server of a page is its gateway, and stays a development server", async () => {
  const boxlite = new BoxLite({
    baseUrl: `${url}/api`,
    fetch: (input, init) => {
      const request = new Request(input, init);
      request.headers.set("origin", url);
      return fetch(request);
    },
    webSocket: (address, { protocols }) => new WebSocket(address, [...protocols], { origin: url }),
  });
  const { stdout } = await boxlite.run({ image: "alpine:latest", command: "echo", args: ["hello"] });
  expect(stdout).toBe("hello\n");
  expect((await ask(url, "GET", "/", { accept: "text/html" })).body).toContain("the page");
  // Vite's own socket is still Vite's.
  const { webSocketToken } = vite.config;
  const hot = new WebSocket(`${url.replace("http", "ws")}/?token=${webSocketToken}`, "vite-hmr", {
    origin: url,
  });
  const opened = await new Promise<boolean>((resolve) => {
    hot.on("open", () => resolve(true));
    hot.on("error", () => resolve(false));
  });
  hot.close();
  expect(opened).toBe(true);
});

test.each([
  ["another port of this machine", { origin: "http://127.0.0.1:1" }],
  ["another origin", { origin: "http://hostile.example" }],
  ["a rebound name", { host: "hostile.example", origin: "http://hostile.example" }],
  ["a name in the local network", { host: "dev.local" }],
])(
  "pages of %s are refused, and get no CORS header: Vite would give one to every page of this machine",
  async (_, headers) => {
    for (const method of ["GET", "POST"]) {
      const answer = await ask(url, method, "/api/v1/boxes", headers);
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    const path = "/api/v1/boxes/b/executions/e/attach";
    expect((await ask(url, "GET", path, { ...UPGRADE, ...headers })).status).toBe(403);
  },
);
