import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { SocketEvent, WebSocketLike } from "../../src/attach/sockets/socket.ts";
import type { Connection, Disconnect } from "../../src/attach/transport.ts";
import { createWebSocketTransport, type WebSocketTransportOptions } from "../../src/attach/websocket.ts";

let http: Server;
let url: string;

beforeEach(async () => {
  http = createServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

/** Opens a connection and notes what it says. */
function open(options: Partial<WebSocketTransportOptions> = {}) {
  const said: string[] = [];
  let connection: Connection | undefined;
  const closed = new Promise<Disconnect>((resolve) => {
    const transport = createWebSocketTransport({ url, headers: async () => ({}), ...options });
    connection = transport.open({
      opened: () => said.push("opened"),
      heard: () => said.push("heard"),
      dropped: () => said.push("dropped"),
      message: (data) => said.push(typeof data === "string" ? data : `bytes ${data.join(" ")}`),
      closed: resolve,
    });
  });
  if (connection === undefined) throw new Error("open() returns at once");
  return { said, closed, connection };
}

const TOKEN = "secret-token";
const authorized = async () => ({ authorization: `Bearer ${TOKEN}` });

function answerUpgrades(status: number, body: string): void {
  http.on("upgrade", (_, socket) => {
    socket.on("error", () => {});
    socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
}

test.each([
  [
    409,
    '{"error":{"message":"another client is attached","code":"invalid_state"}}',
    "another client is attached",
  ],
  [409, '{"error":"already attached"}', "already attached"],
  [401, '{"statusCode":401,"message":"no key","code":"UNAUTHORIZED"}', "no key"],
  [404, "", ""],
  [502, "<html><body>Bad gateway</body></html>", ""],
  [500, "plain words", "plain words"],
])("a refused upgrade is told with its status and sentence: %i %s", async (status, body, message) => {
  answerUpgrades(status, body);
  expect(await open().closed).toEqual({ kind: "refused", status, message });
});

test("a server that repeats the credential in its refusal does not get it into the cause", async () => {
  answerUpgrades(401, `{"error":"invalid token ${TOKEN}"}`);
  const cause = await open({ headers: authorized }).closed;
  expect(cause).toEqual({ kind: "refused", status: 401, message: "invalid token (token)" });
});

test("nor one that writes it in JSON's other characters", async () => {
  const odd = "ab+cd/ef&gh=SECRET";
  answerUpgrades(403, '{"message":"who is Bearer ab\\u002Bcd\\/ef\\u0026gh=SECRET?"}');
  const cause = await open({ headers: async () => ({ authorization: `Bearer ${odd}` }) }).closed;
  expect(cause).toEqual({ kind: "refused", status: 403, message: "who is Bearer (token)?" });
});

test("a refusal of any length is read to a bound", async () => {
  answerUpgrades(500, "x".repeat(1_000_000));
  const cause = await open().closed;
  expect(cause.message.length).toBeLessThanOrEqual(200);
});

test("headers are asked for anew for each connection", async () => {
  const seen: (string | undefined)[] = [];
  http.on("upgrade", (request, socket) => {
    seen.push(request.headers.authorization);
    socket.destroy();
  });
  let asked = 0;
  const headers = async () => {
    asked += 1;
    return { authorization: `Bearer ${asked}` };
  };
  const transport = createWebSocketTransport({ url, headers });
  for (let connection = 0; connection < 2; connection += 1) {
    await new Promise((closed) =>
      transport.open({ opened() {}, message() {}, dropped() {}, heard() {}, closed }),
    );
  }
  expect(seen).toEqual(["Bearer 1", "Bearer 2"]);
});

test("headers that cannot be had, and a server that is not there, are failures with a reason", async () => {
  const noToken = await open({ headers: () => Promise.reject(new Error("the vault is sealed")) }).closed;
  expect(noToken).toEqual({ kind: "failed", message: "the vault is sealed" });
  const nobody = await open({ url: "ws://127.0.0.1:1" }).closed;
  expect(nobody.kind).toBe("failed");
  expect(nobody.message).toContain("ECONNREFUSED");
});

test("messages, the close code and its reason come through", async () => {
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => {
    socket.send(Buffer.from([1, 65]));
    socket.send("text");
    socket.close(1011, "pump drain timed out");
  });
  const { said, closed } = open();
  expect(await closed).toEqual({ kind: "closed", code: 1011, message: "pump drain timed out" });
  expect(said).toEqual(["opened", "bytes 1 65", "text"]);
});

test("pings of the server are told, and a ping of the client's is answered", async () => {
  const server = new WebSocketServer({ server: http });
  let pinged = 0;
  server.on("connection", (socket) => {
    socket.on("ping", () => {
      pinged += 1;
    });
    socket.ping();
  });
  const { said, connection } = open();
  expect(connection.ping).toBeUndefined();
  await expect.poll(() => said).toEqual(["opened", "heard"]);
  connection.ping?.();
  await expect.poll(() => said).toEqual(["opened", "heard", "heard"]);
  expect(pinged).toBe(1);
  const { ping } = connection;
  connection.discard();
  ping?.();
});

test("a message that no server sends, for its size, ends the connection and not the process", async () => {
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => socket.send(Buffer.alloc(17 * 1024 * 1024)));
  const cause = await open().closed;
  expect(cause).toMatchObject({
    kind: "closed",
    message: expect.stringContaining("Max payload size exceeded"),
  });
});

test("a connection that was discarded says nothing more, opened or not", async () => {
  const server = new WebSocketServer({ server: http });
  const arrived = new Promise<void>((resolve) => {
    server.on("connection", (socket) => {
      socket.send("too late");
      socket.on("close", () => resolve());
    });
  });
  const early = open();
  early.connection.discard();
  const late = open();
  await expect.poll(() => late.said).toContain("opened");
  const before = [...late.said];
  late.connection.discard();
  await arrived;
  expect(late.said).toEqual(before);
  expect(early.said).toEqual([]);
});

test("stdin waits for a turn of the event loop now and then: all else goes on beside an endless source", async () => {
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => socket.once("message", () => socket.send("heard")));
  const { said, connection } = open();
  await expect.poll(() => said).toContain("opened");
  while (!said.includes("heard")) {
    await connection.writable();
    connection.send(new Uint8Array([1]));
  }
  connection.discard();
});

test("a platform's WebSocket, without events of its own, works as well", async () => {
  const listeners = new Map<string, (event: SocketEvent) => void>();
  const sent: unknown[] = [];
  const socket: WebSocketLike = {
    binaryType: "blob",
    readyState: 1,
    bufferedAmount: 0,
    send: (data) => sent.push(data),
    close() {},
    addEventListener: (type, listener) => listeners.set(type, listener),
  };
  const { said, closed, connection } = open({ webSocket: () => socket });
  await expect.poll(() => listeners.size).toBe(4);
  expect(socket.binaryType).toBe("arraybuffer");
  expect(connection.ping).toBeUndefined();
  listeners.get("open")?.({ type: "open" });
  listeners.get("message")?.({ type: "message", data: new Uint8Array([2, 66]).buffer });
  listeners.get("message")?.({ type: "message", data: "text" });
  connection.send("resize");
  listeners.get("error")?.({ type: "error" });
  listeners.get("close")?.({ type: "close", code: 1006, reason: "" });
  expect(said).toEqual(["opened", "bytes 2 66", "text"]);
  expect(sent).toEqual(["resize"]);
  expect(await closed).toEqual({ kind: "closed", code: 1006, message: "" });
});
