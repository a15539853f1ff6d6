import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGateway, type GatewayOptions } from "../src/gateway/index.ts";
import { nodeHandlers } from "../src/gateway/node.ts";
import { type LocalServer, startLocalServer } from "../src/local/index.ts";
import { launchChromium } from "./support/demo.ts";
import { bundleLibrary } from "./support/library.ts";

/** The gateway with what only a browser does: origins, preflights, cookies, subprotocols, and close codes instead of statuses. */

let browser: Browser;
let server: LocalServer;
let library: ReadonlyMap<string, string>;
const servers: Server[] = [];
/** The application: its page, and a gateway of its own origin for whoever has its cookie. */
let app: string;
/** A gateway on another origin, for who has the application's token. */
let elsewhere: string;
/** Another application, with the same library. */
let hostile: string;

beforeAll(async () => {
  browser = await launchChromium();
  server = await startLocalServer();
  library = await bundleLibrary();
  app = await serve(({ headers }) => headers.get("cookie") === "session=1", { basePath: "/api" });
  elsewhere = await serve(({ headers }) => headers.get("authorization") === "Bearer app", {
    basePath: "/api",
    origins: [app],
  });
  hostile = await serve(() => false);
});
afterAll(async () => {
  await browser?.close();
  for (const http of servers) {
    http.closeAllConnections();
    http.close();
  }
  await server?.close();
});

const PAGE = `<!doctype html>
<title>a page</title>
<script type="module">
  import { BoxLite } from "/boxlite.js";
  window.BoxLite = BoxLite;
</script>
`;

/** A server with a page, the library, and a gateway for those who may. */
async function serve(
  may: (request: Request) => boolean,
  options: Partial<GatewayOptions> = {},
): Promise<string> {
  const handlers = nodeHandlers(
    createGateway({
      target: server.url,
      token: server.token,
      authorize: (request) => (may(request) ? { allow: true } : { allow: false }),
      basePath: "/api",
      ...options,
    }),
  );
  const http = createServer((request, response) =>
    handlers.request(request, response, () => {
      const file = library.get(request.url ?? "");
      if (file !== undefined) response.writeHead(200, { "content-type": "text/javascript" }).end(file);
      else response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    }),
  );
  http.on("upgrade", handlers.upgrade);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  servers.push(http);
  const address = http.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function openPage(origin: string): Promise<Page> {
  const context = await browser.newContext();
  await context.addCookies([{ name: "session", value: "1", url: app }]);
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

/** Runs a command, and attaches a second time to one that runs: what a page can know of either. */
function useLibrary(page: Page, options: { baseUrl: string; token?: string }) {
  return page.evaluate(async (given) => {
    const BoxLite: typeof import("../src/index.ts").BoxLite = Reflect.get(window, "BoxLite");
    const boxlite = new BoxLite(given);
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    const { stdout } = await (await box.exec("cat", [], { stdin: "hello" })).text();
    const first = await box.exec("cat");
    await first.events.getReader().read();
    const events = (await box.attach(first.id)).events.getReader();
    for (;;) {
      const { value, done } = await events.read();
      if (done) throw new Error("it ended without a word");
      if (value.type !== "disconnected") continue;
      await box.remove({ force: true });
      return { stdout, cause: value.cause };
    }
  }, options);
}

const taken = { kind: "refused", status: 409, message: expect.stringContaining("already attached") };

test("a page of the gateway's origin gets on with its cookie, and is told what a browser hides", async () => {
  const page = await openPage(app);
  expect(await useLibrary(page, { baseUrl: "/api" })).toEqual({ stdout: "hello", cause: taken });
  await page.context().close();
});

test("a page of another origin gets on with tickets", async () => {
  const page = await openPage(app);
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const baseUrl = `${elsewhere}/api`;
  expect(await useLibrary(page, { baseUrl, token: "app" })).toEqual({ stdout: "hello", cause: taken });
  expect(sockets.length).toBeGreaterThanOrEqual(3);
  expect(sockets.join()).not.toMatch(/ticket|app\b|token/);
  await page.context().close();
});

test("a hostile page gets nothing, with the user's cookie or with a token", async () => {
  const page = await openPage(hostile);
  const boxes = () =>
    fetch(`${server.url}/v1/boxes`, { headers: { authorization: `Bearer ${server.token}` } });
  const before = await (await boxes()).text();
  const outcome = await page.evaluate(
    async (targets) => {
      const outcomes: string[] = [];
      for (const { url, token } of targets) {
        const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
        const credentials = "include" as const;
        const body = '{"image":"alpine:latest"}';
        const tries = [
          fetch(`${url}/v1/boxes`, { credentials }),
          fetch(`${url}/v1/boxes`, { method: "POST", headers, credentials, body }),
          fetch(`${url}/v1/boxes/b/executions/e/attach`, { method: "POST", credentials }),
        ];
        for (const answer of await Promise.allSettled(tries)) outcomes.push(answer.status);
        // Sent without a preflight, whatever comes of it.
        const sent = { method: "POST", mode: "no-cors", credentials, body } as const;
        await fetch(`${url}/v1/boxes`, sent).catch(() => {});
        for (const protocols of [[], ["boxlite-gateway.v1"]]) {
          const socket = new WebSocket(
            `${url.replace("http", "ws")}/v1/boxes/b/executions/e/attach`,
            protocols,
          );
          const opened = await new Promise((resolve) => {
            socket.onopen = () => resolve("opened");
            socket.onerror = () => resolve("rejected");
          });
          outcomes.push(String(opened));
        }
      }
      return outcomes;
    },
    [
      { url: `${app}/api`, token: "" },
      { url: `${elsewhere}/api`, token: "app" },
      { url: server.url, token: server.token },
    ],
  );
  expect(outcome).toEqual(Array(15).fill("rejected"));
  expect(await (await boxes()).text()).toBe(before);
  await page.context().close();
});
