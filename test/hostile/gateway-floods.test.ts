import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import { nodeHandlers } from "../../src/gateway/node.ts";
import { createTicketStore } from "../../src/gateway/tickets.ts";
import { BoxLite } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import {
  ATTACH,
  type AttachServer,
  attachPage,
  type Page,
  startAttachServer,
} from "../gateway/attach-server.ts";
import { ask, type RunningGateway, startGateway, UPGRADE } from "../gateway/setting.ts";
import { clientFrame, connectRaw, flood, type RawClient, upgradeOf } from "./raw-client.ts";
import "../gateway/patience.ts";

/** Pages, and what is none, that send without end, or nothing at all: what is kept for them is bounded, and others are served. */

const MIB = 1024 * 1024;

let server: AttachServer;
let gateway: RunningGateway;
const clients: RawClient[] = [];

beforeEach(async () => {
  server = await startAttachServer();
  gateway = await startGateway({ target: server.url });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await gateway[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function raw(text = ""): Promise<RawClient> {
  const client = await connectRaw(gateway.url, text);
  clients.push(client);
  return client;
}

/** An open attach on the bare socket, and the server's end of it. */
async function rawAttach() {
  const client = await raw(upgradeOf(gateway.url, ATTACH, { Origin: gateway.url }));
  const connection = await server.connection();
  await expect.poll(() => client.received).toContain("101 Switching");
  return { client, connection };
}

/** Somebody else's attach opens. */
async function isServed(): Promise<boolean> {
  const page = attachPage(gateway);
  const hello = await page.next();
  await server.connection();
  page.socket.terminate();
  await page.closed;
  return hello.includes('"open"');
}

/** Resolves when so many of the pages are closed. */
async function closedPages(count: number, pages: readonly Page[]): Promise<void> {
  let closed = 0;
  for (const page of pages) void page.closed.then(() => (closed += 1));
  await expect.poll(() => closed).toBe(count);
}

async function listen(http: Server) {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    http,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

const connections = ({ http }: { http: Server }) =>
  new Promise<number>((resolve) => http.getConnections((_, count) => resolve(count)));

test("upgrades that are refused do not keep their connection, though their client does not close it", async () => {
  const refused = await Promise.all([
    raw(upgradeOf(gateway.url, "/api/nowhere", { Origin: gateway.url })),
    raw(upgradeOf(gateway.url, ATTACH, { Origin: "https://hostile.example" })),
    raw(`${upgradeOf(gateway.url, "/api/nowhere", { Origin: gateway.url })}and what is sent behind it`),
  ]);
  await Promise.all(refused.map(({ ended }) => ended));
  expect(refused.map(({ received }) => received.slice(0, 12))).toEqual([
    "HTTP/1.1 404",
    "HTTP/1.1 403",
    "HTTP/1.1 404",
  ]);
  await expect.poll(() => connections(gateway), { timeout: 20_000 }).toBe(0);
});

test("sockets that say nothing, or their headers a letter at a time, are closed by the server's own limits", async () => {
  const handlers = nodeHandlers(createGateway({ target: server.url }));
  const limits = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 };
  await using slow = await listen(createServer(limits, handlers.request).on("upgrade", handlers.upgrade));
  const silent = await Promise.all(Array.from({ length: 200 }, () => connectRaw(slow.url)));
  const dripping = await connectRaw(slow.url, "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const drip = setInterval(() => dripping.socket.write("x"), 20);
  clients.push(dripping, ...silent);
  await Promise.all([dripping, ...silent].map(({ ended }) => ended));
  clearInterval(drip);
  for (const { socket } of [dripping, ...silent]) socket.destroy();
  expect(dripping.received).toMatch(/^HTTP\/1\.1 408 /);
  await expect.poll(() => connections(slow)).toBe(0);
});

describe("attaches beyond the limit", () => {
  test("are refused, and let in when others have gone", async () => {
    await using small = await startGateway({ target: server.url, maxAttaches: 3 });
    const pages = Array.from({ length: 3 }, () => attachPage(small));
    for (const page of pages) expect(await page.next()).toContain('"open"');
    // Within the connection, for a page is told no status of an upgrade.
    expect(await attachPage(small).closed).toMatch(/^4503 The gateway has as many attaches/);
    const { body, headers } = await ask(small.url, "GET", ATTACH, { ...UPGRADE, origin: small.url });
    expect(JSON.parse(body).error.code).toBe("resource_exhausted");
    expect(headers["retry-after"]).toBe("1");
    expect(server.open).toBe(3);
    pages[0]?.socket.terminate();
    await expect.poll(() => server.open).toBe(2);
    expect(await attachPage(small).next()).toContain('"open"');
  });

  test("are those, too, on which nobody has decided yet", async () => {
    let decide = () => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    let asked = 0;
    await using small = await startGateway({
      target: server.url,
      maxAttaches: 5,
      authorize: async () => {
        asked += 1;
        await decided;
        return { allow: true };
      },
    });
    const pages = Array.from({ length: 100 }, () => attachPage(small));
    await expect.poll(() => asked).toBe(5);
    await closedPages(95, pages);
    decide();
    await expect.poll(() => server.open).toBe(5);
    expect(asked).toBe(5);
  });

  test("do not count those that were refused, or went before they were let in", async () => {
    await using small = await startGateway({ target: server.url, maxAttaches: 2 });
    for (let count = 0; count < 10; count += 1) {
      expect((await ask(small.url, "GET", "/api/v1/nowhere", { ...UPGRADE, origin: small.url })).status).toBe(
        404,
      );
      const { status } = await ask(small.url, "GET", ATTACH, {
        ...{ ...UPGRADE, "sec-websocket-version": "1" },
        origin: small.url,
      });
      expect(status).toBe(400);
    }
    const page = attachPage(small);
    expect(await page.next()).toContain('"open"');
  });
});

test("many attaches of one execution: one has it, and nothing is left of the others", async () => {
  await using local = await startLocalServer();
  await using real = await startGateway({ target: local.url, token: local.token });
  const boxlite = new BoxLite({ baseUrl: local.url, token: local.token });
  const box = await boxlite.boxes.create();
  const { execution_id } = await (
    await fetch(`${local.url}/v1/boxes/${box.id}/exec`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.token}`, "content-type": "application/json" },
      body: JSON.stringify({ command: "cat" }),
    })
  ).json();
  const path = `/api/v1/boxes/${box.id}/executions/${execution_id}/attach`;
  const pages = Array.from({ length: 200 }, () => attachPage(real, { path }));
  const first = await Promise.all(pages.map((page) => page.next()));
  expect(first.filter((frame) => frame.includes('"open"'))).toHaveLength(1);
  expect(first.filter((frame) => frame.includes("409"))).toHaveLength(199);
  await expect.poll(() => connections(real)).toBe(1);
});

test("tickets that are asked for and never used push out older ones, and nothing else", async () => {
  const store = createTicketStore(Date.now, 50);
  await using small = await startGateway({ target: server.url, tickets: store });
  const headers = { origin: small.url };
  const tickets: string[] = [];
  for (let count = 0; count < 120; count += 1) {
    tickets.push(JSON.parse((await ask(small.url, "POST", ATTACH, headers)).body).ticket);
  }
  const known = await Promise.all(tickets.map((ticket) => store.take(ticket)));
  expect(known.map((grant) => grant !== undefined)).toEqual(tickets.map((_, index) => index >= 70));
  // What a ticket is for is no longer than a request's target may be.
  const long = `/api/v1/boxes/${"b".repeat(8_200)}/executions/e/attach`;
  expect((await ask(small.url, "POST", long, headers)).status).toBe(400);
});

test("small messages without end, to a server that takes none of them, do not fill memory", async () => {
  const { client, connection } = await rawAttach();
  connection.pause();
  const piece = Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(2, "x")));
  expect(await flood(client, piece, 600)).toBeLessThan(32 * MIB);
  expect(await isServed()).toBe(true);
});

test("pings without end, from a page that reads none of the answers, do not fill memory", async () => {
  const { client } = await rawAttach();
  client.socket.pause();
  const piece = Buffer.concat(Array.from({ length: 500 }, () => clientFrame(9, "x".repeat(125))));
  expect(await flood(client, piece, 400)).toBeLessThan(16 * MIB);
  expect(await isServed()).toBe(true);
});

test("a message in fragments without end ends its connection", async () => {
  const { client } = await rawAttach();
  client.socket.write(clientFrame(2, "x", false));
  const piece = Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(0, "x", false)));
  expect(await flood(client, piece, 200)).toBeLessThan(16 * MIB);
  await client.ended;
  expect(await isServed()).toBe(true);
});
