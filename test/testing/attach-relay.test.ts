import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startFaultProxy } from "../../src/testing/index.ts";
import { connectRaw } from "./raw-client.ts";
import { startTarget } from "./scripted-target.ts";
import { exchange, startSetting } from "./setting.ts";
import { decode, outputOf, stdout } from "./wire.ts";

describe("an untouched connection", () => {
  test("passes the handshake with its headers, except for the host and extensions", async () => {
    await using setting = await startSetting({});
    const client = connectRaw(setting.proxy.url, "/v1/boxes/my%20box/executions/e/attach?x=%2F&y", {
      Authorization: "Bearer secret",
      Origin: "https://evil.example",
      "Sec-WebSocket-Extensions": "permessage-deflate",
      "X-Twice": "é",
    });
    await client.until(() => client.head !== undefined);
    const [request] = setting.target.upgrades;
    expect(request?.url).toBe("/v1/boxes/my%20box/executions/e/attach?x=%2F&y");
    expect(request?.headers).toMatchObject({
      authorization: "Bearer secret",
      origin: "https://evil.example",
      host: new URL(setting.target.url).host,
      connection: "Upgrade",
      upgrade: "websocket",
    });
    expect(request?.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(client.head).toContain("X-Boxlite-Execution-Id: main-1");
    expect(client.head).toContain("Sec-WebSocket-Accept: ");
    client.socket.destroy();
  });

  test("carries many bytes both ways at once, unchanged", async () => {
    const down = Buffer.concat(Array.from({ length: 40 }, () => stdout(randomBytes(100_000))));
    const sent = randomBytes(4_000_000);
    await using setting = await startSetting({ attach: ({ socket }) => void socket.write(down) });
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    client.socket.write(sent);
    const connection = await setting.target.connection(0);
    await Promise.all([
      connection.receivedBytes(sent.length),
      client.until(() => client.body.length === down.length),
    ]);
    expect(connection.received().equals(sent)).toBe(true);
    expect(client.body.equals(down)).toBe(true);
    client.socket.destroy();
  });

  test("carries what either side sends without waiting for the other", async () => {
    await using setting = await startSetting({
      attach: ({ socket }) => void socket.write(stdout("at once")),
    });
    const client = connectRaw(setting.proxy.url);
    client.socket.write("too early");
    const connection = await setting.target.connection(0);
    await connection.receivedBytes(9);
    expect(connection.received().toString()).toBe("too early");
    await client.until(() => outputOf(decode(client.body)).toString() === "at once");
    client.socket.destroy();
  });

  test("holds the server up when the client does not read", async () => {
    const sent = stdout(Buffer.alloc(32_000_000));
    await using setting = await startSetting({ attach: ({ socket }) => void socket.write(sent) });
    const client = connectRaw(setting.proxy.url);
    client.socket.pause();
    const { socket } = await setting.target.connection(0);
    await exchange(setting.proxy.url, () => socket.writableLength === 0);
    expect(socket.writableLength).toBeGreaterThan(0);
    client.socket.resume();
    await client.until(() => client.received > sent.length);
    expect(client.body.equals(sent)).toBe(true);
    client.socket.destroy();
  });

  test("holds the client up when the server does not read", async () => {
    await using setting = await startSetting({ attach: ({ socket }) => void socket.pause() });
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    const sent = Buffer.alloc(32_000_000, 1);
    client.socket.write(sent);
    const connection = await setting.target.connection(0);
    await exchange(setting.proxy.url, () => client.socket.writableLength === 0);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    connection.socket.resume();
    await connection.receivedBytes(sent.length);
    client.socket.destroy();
  });

  test("ends when the client ends, with what it sent before", async () => {
    await using setting = await startSetting({});
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    client.socket.end("last words");
    const connection = await setting.target.connection(0);
    await connection.closed;
    expect(connection.received().toString()).toBe("last words");
    await client.ended();
    expect(client.state).toBe("fin");
    expect(await setting.event("closed")).toEqual({
      index: 0,
      path: "/attach",
      type: "closed",
      bytes: 0,
      frames: 0,
    });
    expect(setting.proxy.open).toBe(0);
  });

  test("is reset when the server resets it", async () => {
    await using setting = await startSetting({});
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    (await setting.target.connection(0)).socket.resetAndDestroy();
    await client.ended();
    expect(client.state).toBe("rst");
  });

  test("ends for the server when the client resets it", async () => {
    await using setting = await startSetting({});
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    client.socket.resetAndDestroy();
    await (await setting.target.connection(0)).closed;
    await setting.event("closed");
  });

  test("works between a common client and a common server, with compression on offer", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: true });
    await once(server, "listening");
    server.on("connection", (socket) =>
      socket.on("message", (data, binary) => socket.send(data, { binary })),
    );
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await using proxy = await startFaultProxy({ target: `http://127.0.0.1:${port}` });
    const client = new WebSocket(proxy.url, { perMessageDeflate: true });
    await once(client, "open");
    expect(client.extensions).toBe("");
    const sent = randomBytes(200_000);
    client.send(sent);
    const [echo] = (await once(client, "message")) as [Buffer];
    expect(echo.equals(sent)).toBe(true);
    client.close(4001, "bye");
    const [code, reason] = (await once(client, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4001, "bye"]);
    server.close();
  });
});

describe("an upgrade that is not accepted", () => {
  test("by the target is relayed with status, headers and body", async () => {
    const body = JSON.stringify({ error: { message: "another client is attached", code: "invalid_state" } });
    await using setting = await startSetting({
      refuse: (socket) =>
        void socket.end(
          `HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nX-Request-Id: r1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
    });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.head).toMatch(/^HTTP\/1.1 409 Conflict\r\n/);
    expect(client.head).toContain("X-Request-Id: r1");
    expect(client.body.toString()).toBe(body);
    expect(setting.events).toEqual([
      { type: "refused", index: 0, path: "/attach", status: 409, by: "target" },
    ]);
    client.socket.destroy();
  });

  test("by the target with a chunked body arrives readable", async () => {
    await using setting = await startSetting({
      refuse: (socket) =>
        void socket.end(
          "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
        ),
    });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.head).not.toMatch(/transfer-encoding/i);
    expect(client.body.toString()).toBe("abcdefg");
    client.socket.destroy();
  });

  test("because the target is down is a 502 with a sentence", async () => {
    const target = await startTarget();
    await target[Symbol.asyncDispose]();
    await using proxy = await startFaultProxy({ target: target.url });
    const client = connectRaw(proxy.url);
    await client.ended();
    expect(client.head).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    expect(client.body.toString()).toMatch(
      `The fault proxy got no answer from its target ${target.url}: connect ECONNREFUSED`,
    );
    client.socket.destroy();
  });

  test("because the target hangs up is a 502, too", async () => {
    await using setting = await startSetting({ refuse: (socket) => void socket.destroy() });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.head).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    expect(setting.events).toEqual([
      { type: "refused", index: 0, path: "/attach", status: 502, by: "proxy" },
    ]);
    client.socket.destroy();
  });

  test("by the client, which leaves before there is an answer, is withdrawn from the target", async () => {
    let arrive: (socket: Socket) => void = () => {};
    const arrived = new Promise<Socket>((resolve) => {
      arrive = resolve;
    });
    const target = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => arrive(socket));
    });
    target.listen(0, "127.0.0.1");
    await once(target, "listening");
    const address = target.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await using proxy = await startFaultProxy({ target: `http://127.0.0.1:${port}` });
    const client = connectRaw(proxy.url);
    const socket = await arrived;
    const withdrawn = once(socket, "close");
    client.socket.destroy();
    await withdrawn;
    target.close();
  });
});
