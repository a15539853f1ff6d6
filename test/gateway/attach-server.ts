import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { WebSocketServer } from "ws";
import type { RunningGateway } from "./setting.ts";

/** A server of one attach, as a test plays it. Like the BoxLite servers it selects no subprotocol. */
export interface AttachServer extends AsyncDisposable {
  readonly url: string;
  /** The upgrades that came, refused ones included. */
  readonly upgrades: readonly IncomingMessage[];
  /** How many connections are open. */
  readonly open: number;
  /** The next connection, past or future. */
  connection(): Promise<WebSocket>;
  /** Answers upgrades with these bytes from now on. */
  refuse(answer: string): void;
}

export async function startAttachServer(headers: readonly string[] = []): Promise<AttachServer> {
  const upgrades: IncomingMessage[] = [];
  const connections: WebSocket[] = [];
  const open = new Set<WebSocket>();
  const waiting: ((socket: WebSocket) => void)[] = [];
  let refusal: string | undefined;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: () => false,
  });
  sockets.on("headers", (lines) => lines.push(...headers));
  const http = createServer((_, response) => response.writeHead(500).end());
  http.on("upgrade", (request, socket, head) => {
    upgrades.push(request);
    socket.on("error", () => {});
    if (refusal !== undefined) {
      socket.end(refusal);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on("error", () => {});
      open.add(connection);
      connection.on("close", () => open.delete(connection));
      const next = waiting.shift();
      if (next === undefined) connections.push(connection);
      else next(connection);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    upgrades,
    get open() {
      return open.size;
    },
    connection() {
      const past = connections.shift();
      return past === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(past);
    },
    refuse(answer) {
      refusal = answer;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

export const ATTACH = "/api/v1/boxes/b/executions/e/attach";

export interface Page {
  readonly socket: WebSocket;
  /** What came: text as it is, binary as its bytes in hexadecimal. */
  readonly received: readonly string[];
  /** Its code and reason; "error …" of one that never opened. */
  readonly closed: Promise<string>;
  /** The next message that is not waited for yet. */
  next(): Promise<string>;
}

/** A page that attaches through the gateway. */
export function attachPage(
  gateway: RunningGateway,
  options: { framed?: boolean; path?: string; headers?: Record<string, string> } = {},
): Page {
  const { framed = true, path = ATTACH, headers = {} } = options;
  const protocols = framed ? ["boxlite-gateway.v1"] : [];
  const socket = new WebSocket(gateway.url.replace("http", "ws") + path, protocols, {
    origin: gateway.url,
    headers,
    perMessageDeflate: false,
  });
  const received: string[] = [];
  let read = 0;
  let wake = () => {};
  socket.on("message", (data, isBinary) => {
    if (!(data instanceof Buffer)) return;
    received.push(data.toString(isBinary ? "hex" : "utf8"));
    wake();
  });
  const closed = new Promise<string>((resolve) => {
    socket.on("error", ({ message }) => resolve(`error ${message}`));
    socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
  });
  return {
    socket,
    received,
    closed,
    async next() {
      while (received.length <= read) await new Promise<void>((resolve) => (wake = resolve));
      read += 1;
      return received[read - 1] ?? "";
    },
  };
}

/** The bytes of a refusal. */
export function refusalBytes(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = { "Content-Length": String(Buffer.byteLength(body)), Connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} No\r\n${lines.join("")}\r\n${body}`;
}
