import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GatewayOptions } from "../../src/gateway/index.ts";
import { ATTACH, type AttachServer, attachPage, refusalBytes, startAttachServer } from "./attach-server.ts";
import { ask, messageOf, type RunningGateway, startGateway, TOKEN, UPGRADE, until } from "./setting.ts";
import "./patience.ts";

let server: AttachServer;
let gateway: RunningGateway;

beforeEach(async () => {
  server = await startAttachServer([
    "x-boxlite-execution-id: main-1",
    "x-request-id: r-1",
    "set-cookie: a=1",
  ]);
  await start();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function start(options: Partial<GatewayOptions> = {}): Promise<void> {
  await gateway?.[Symbol.asyncDispose]();
  gateway = await startGateway({ target: server.url, ...options });
}

describe("an attach that the server accepts", () => {
  test("carries the credential, and nothing of the page's", async () => {
    const headers = { cookie: "a=1", authorization: "Bearer page", "x-forwarded-for": "1.2.3.4" };
    const page = attachPage(gateway, { path: `${ATTACH}?stdin=0`, headers });
    await page.next();
    const [upgrade] = server.upgrades;
    expect(upgrade?.url).toBe("/v1/boxes/b/executions/e/attach?stdin=0");
    const { authorization, cookie, origin } = upgrade?.headers ?? {};
    expect({ authorization, cookie, origin }).toEqual({ authorization: `Bearer ${TOKEN}` });
    expect(Object.keys(upgrade?.headers ?? {}).sort()).toEqual([
      "accept-encoding",
      "authorization",
      "connection",
      "host",
      "sec-websocket-key",
      "sec-websocket-version",
      "upgrade",
    ]);
  });

  test("begins with what the page cannot see: request and execution", async () => {
    const page = attachPage(gateway, { path: "/api/v1/boxes/b/attach" });
    expect(JSON.parse(await page.next())).toEqual({
      type: "gateway",
      event: "open",
      request_id: "r-1",
      execution_id: "main-1",
    });
    expect(page.socket.protocol).toBe("boxlite-gateway.v1");
  });

  test("without the subprotocol has no frame of the gateway's, but headers", async () => {
    const { status, headers } = await ask(gateway.url, "GET", ATTACH, { ...UPGRADE, origin: gateway.url });
    expect(status).toBe(101);
    expect(headers).toMatchObject({ "x-boxlite-execution-id": "main-1", "x-request-id": "r-1" });
    expect(headers["set-cookie"]).toBeUndefined();
    const page = attachPage(gateway, { framed: false });
    await server.connection();
    (await server.connection()).send("first");
    expect(await page.next()).toBe("first");
    expect(page.socket.protocol).toBe("");
  });

  test("passes text and bytes on as they are, both ways, in order", async () => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    connection.send(Buffer.from([1, 0xff, 0]));
    connection.send('{"type":"error","message":"é"}');
    connection.send(Buffer.alloc(0));
    await page.next();
    expect([await page.next(), await page.next(), await page.next()]).toEqual([
      "01ff00",
      '{"type":"error","message":"é"}',
      "",
    ]);
    const heard: unknown[] = [];
    connection.on("message", (data, isBinary) => heard.push(isBinary ? data : data.toString()));
    page.socket.send(Buffer.from([0xfe]));
    page.socket.send("resize");
    page.socket.send("");
    await until(() => heard.length === 3);
    expect(heard).toEqual([Buffer.from([0xfe]), "resize", ""]);
  });

  test("takes the credential out of what the server says in text, and in its reason", async () => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    connection.send(`{"type":"error","message":"bad ${TOKEN}"}`);
    connection.close(1008, TOKEN);
    await page.next();
    expect(await page.next()).toBe('{"type":"error","message":"bad (token)"}');
    expect(await page.closed).toBe("1008 (token)");
  });

  test.each([
    [1000, ""],
    [1001, "going"],
    [1011, "pump drain timed out"],
    [1012, "api-upgrade"],
    [4000, "own"],
  ])("ends with the server's close code: %i", async (code, reason) => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    connection.send('{"type":"exit","exit_code":0}');
    connection.close(code, reason);
    expect(await page.closed).toBe(`${code} ${reason}`);
    expect(page.received.at(-1)).toBe('{"type":"exit","exit_code":0}');
  });

  test("a close without a code, and a cut, come as what they are", async () => {
    const first = attachPage(gateway);
    (await server.connection()).close();
    expect(await first.closed).toBe("1005 ");
    const second = attachPage(gateway);
    (await server.connection()).terminate();
    expect(await second.closed).toBe("1006 ");
  });

  test.each(["close", "terminate"] as const)("frees the slot when the page goes: %s", async (how) => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    page.socket[how]();
    expect((await once(connection, "close"))[0]).toBe(1000);
  });

  test("pings of both sides are answered, each by the gateway", async () => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    page.socket.ping("page");
    connection.ping("server");
    const [[ofPage], [ofServer]] = await Promise.all([once(page.socket, "pong"), once(connection, "pong")]);
    expect([`${ofPage}`, `${ofServer}`]).toEqual(["page", "server"]);
  });

  test("ends with the gateway", async () => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    gateway.handlers.close();
    expect(await page.closed).toBe("1001 the gateway stops");
    await once(connection, "close");
  });

  test("a message that is larger than any of the client's ends it", async () => {
    const page = attachPage(gateway);
    await server.connection();
    await page.next();
    page.socket.send(Buffer.alloc(1024 * 1024 + 1));
    expect(await page.closed).toBe("1009 ");
  });
});

describe("an attach that the server refuses", () => {
  const said = '{"error":{"message":"another client is attached","code":"invalid_state"}}';

  test("is told in a frame and a close code, to a page that understands them", async () => {
    server.refuse(refusalBytes(409, said, { "X-Request-Id": "r-2", "Retry-After": "3" }));
    const page = attachPage(gateway);
    expect(await page.closed).toBe("4409 another client is attached");
    expect(page.received.map((text) => JSON.parse(text))).toEqual([
      {
        type: "gateway",
        event: "refused",
        status: 409,
        message: "another client is attached",
        request_id: "r-2",
        retry_after: "3",
      },
    ]);
  });

  test("is told over HTTP to others, with its code and its headers", async () => {
    server.refuse(
      refusalBytes(409, said, { "X-Request-Id": "r-2", "Retry-After": "3", "Set-Cookie": "a=1" }),
    );
    const answer = await ask(gateway.url, "GET", ATTACH, { ...UPGRADE, origin: gateway.url });
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toEqual(JSON.parse(said));
    expect(answer.headers).toMatchObject({
      "x-request-id": "r-2",
      "retry-after": "3",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test.each([
    [404, "", "4404 The BoxLite server answered 404."],
    [503, '{"error":"busy"}', "4503 busy"],
    [400, `{"message":"${"é".repeat(200)}"}`, `4400 ${"é".repeat(60)}…`],
    [403, `{"message":"not with ${TOKEN}"}`, "4403 not with (token)"],
    [401, `{"message":"bad ${TOKEN}"}`, /^4502 The BoxLite server does not accept the gateway's credential/],
    [302, "", /^4502 .*redirect/],
    [200, "hello", /^4502 .*answered the upgrade with 200/],
  ])("%i %j", async (status, body, expected) => {
    server.refuse(refusalBytes(status, body, { Location: `http://evil.example/${TOKEN}` }));
    const page = attachPage(gateway);
    const closed = await page.closed;
    if (typeof expected === "string") expect(closed).toBe(expected);
    else expect(closed).toMatch(expected);
    expect(page.received.join()).not.toContain(TOKEN);
  });

  test("a server that hangs up, or is not there, is a 502", async () => {
    server.refuse("");
    expect(await attachPage(gateway).closed).toMatch(/^4502 The gateway got no answer/);
    await start({ target: "http://127.0.0.1:1" });
    expect(await attachPage(gateway).closed).toMatch(/^4502 .*ECONNREFUSED/);
  });
});

describe("an attach that the gateway refuses", () => {
  test("for its page: over HTTP, whatever the page understands", async () => {
    const protocol = { "sec-websocket-protocol": "boxlite-gateway.v1" };
    for (const origin of ["http://hostile.example", "null", undefined]) {
      const headers = { ...UPGRADE, ...protocol, ...(origin === undefined ? {} : { origin }) };
      const answer = await ask(gateway.url, "GET", ATTACH, headers);
      expect(answer.status).toBe(403);
      expect(messageOf(answer)).toContain("Origin");
    }
    expect(server.upgrades).toHaveLength(0);
  });

  test("for who asks: with the status", async () => {
    await start({ authorize: () => ({ allow: false, message: "sign in" }) });
    expect(await attachPage(gateway).closed).toBe("4401 sign in");
    expect(await attachPage(gateway, { framed: false }).closed).toBe("error Unexpected server response: 401");
    expect(server.upgrades).toHaveLength(0);
  });

  test.each(["/api/v1/boxes", "/api/v1/boxes/b/exec", "/api/v1/boxes/..%2fb/attach", "/api/x"])(
    "for its path: %s",
    async (path) => {
      expect(await attachPage(gateway, { path }).closed).toMatch(
        /^error Unexpected server response: 40[045]$/,
      );
      expect(server.upgrades).toHaveLength(0);
    },
  );

  test("for its handshake: the server's slot is given back", async () => {
    const answer = await ask(gateway.url, "GET", ATTACH, {
      ...UPGRADE,
      "sec-websocket-version": "7",
      origin: gateway.url,
    });
    expect(answer.status).toBe(400);
    await once(await server.connection(), "close");
  });
});

describe("a page that goes while the server is asked", () => {
  test("takes its upgrade along, and the slot is not held", async () => {
    let answer = () => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await start({
      token: async () => {
        await held;
        return TOKEN;
      },
    });
    const page = attachPage(gateway);
    await once(gateway.http, "upgrade");
    page.socket.terminate();
    await page.closed;
    answer();
    const other = attachPage(gateway);
    await other.next();
    await until(() => server.open === 1);
  });
});

describe("a page that is too slow", () => {
  const CHUNK = 64 * 1024;

  test("stays: the server is read on, output is dropped and counted, the newest is kept, and its input goes on", async () => {
    await start({ maxBufferedBytes: 1024 * 1024 });
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    page.socket.pause();
    const count = 1_024;
    for (let sent = 0; sent < count; sent += 1) {
      const chunk = Buffer.alloc(1 + CHUNK, sent % 256);
      chunk[0] = 1;
      await new Promise<void>((resolve) => connection.send(chunk, () => resolve()));
    }
    const typed = once(connection, "message");
    page.socket.send("stop");
    expect(String((await typed)[0])).toBe("stop");
    connection.send('{"type":"exit","exit_code":0}');
    connection.close(1000);
    page.socket.resume();
    expect(await page.closed).toBe("1000 ");
    const output = page.received.filter((message) => message.startsWith("01"));
    const texts = page.received.filter((message) => message.startsWith("{")).map((text) => JSON.parse(text));
    expect(texts[0]).toMatchObject({ event: "open" });
    expect(texts.at(-1)).toEqual({ type: "exit", exit_code: 0 });
    expect(texts.slice(1, -1)).not.toEqual([]);
    const bytes = output.reduce((sum, hex) => sum + hex.length / 2 - 1, 0);
    const dropped = texts.slice(1, -1).reduce((sum, frame) => sum + frame.bytes, 0);
    expect(bytes + dropped).toBe(count * CHUNK);
    // What waited in the gateway, and in the sockets of this machine.
    expect(bytes).toBeLessThan(count * CHUNK - 16 * 1024 * 1024);
    const newest = (count - 1) % 256;
    expect(Number.parseInt(output.at(-1)?.slice(-2) ?? "", 16)).toBe(newest);
  });

  test("and does not know of drops is cut: the server is read on, and nothing more is kept", async () => {
    await start({ maxBufferedBytes: 1024 * 1024 });
    const page = attachPage(gateway, { framed: false });
    await once(page.socket, "open");
    const connection = await server.connection();
    page.socket.pause();
    const ended = once(connection, "close");
    const chunk = Buffer.alloc(64 * 1024, 1);
    // Without an end: what the gateway does not take would pile up here, and the test would not end.
    while (connection.readyState === connection.OPEN) {
      await new Promise<void>((resolve) => connection.send(chunk, () => resolve()));
    }
    expect((await ended)[0]).toBe(1000);
    page.socket.resume();
    expect(await page.closed).toBe("1006 ");
  });

  test("is not cut for what it takes in time", async () => {
    await start({ maxBufferedBytes: 1024 * 1024 });
    const page = attachPage(gateway);
    const connection = await server.connection();
    let bytes = 0;
    page.socket.on("message", (data, isBinary) => {
      if (isBinary && data instanceof Buffer) bytes += data.length;
    });
    const chunk = Buffer.alloc(64 * 1024, 1);
    for (let sent = 0; sent < 256; sent += 1) {
      await new Promise<void>((resolve) => connection.send(chunk, () => resolve()));
      // No faster than it takes it.
      const enough = (sent - 4) * chunk.length;
      await until(() => bytes > enough);
    }
    connection.close(1000);
    expect(await page.closed).toBe("1000 ");
    expect(bytes).toBe(256 * chunk.length);
  });
});

describe("a server that is slow to take stdin", () => {
  test("has the page hold it back, and go on", async () => {
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    connection.pause();
    let sent = 0;
    const chunk = Buffer.alloc(256 * 1024, 7);
    const told = page.next();
    while (page.received.length < 2) {
      await new Promise<void>((resolve) => page.socket.send(chunk, () => resolve()));
      sent += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await told).toBe('{"type":"gateway","event":"hold"}');
    let taken = 0;
    connection.on("message", (data) => {
      if (data instanceof Buffer) taken += data.length;
    });
    connection.resume();
    expect(await page.next()).toBe('{"type":"gateway","event":"resume"}');
    await until(() => taken >= sent);
    expect(taken).toBe(sent);
  });

  test("does not make the gateway keep what a page sends that does not listen", async () => {
    await start({ maxBufferedBytes: 1024 * 1024 });
    const page = attachPage(gateway);
    const connection = await server.connection();
    await page.next();
    connection.pause();
    const chunk = Buffer.alloc(256 * 1024, 7);
    while (page.socket.readyState === page.socket.OPEN) {
      await new Promise<void>((resolve) => page.socket.send(chunk, () => resolve()));
    }
    expect(await page.closed).toBe("1006 ");
    connection.resume();
  });
});
