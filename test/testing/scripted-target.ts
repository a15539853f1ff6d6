import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One attach connection as the server sees it. */
export interface TargetConnection {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What the client sent after the upgrade. */
  received(): Buffer;
  /** Resolves when so many bytes have been received. */
  receivedBytes(count: number): Promise<void>;
  /** Resolves when the connection is closed, however. */
  readonly closed: Promise<void>;
}

export interface Target extends AsyncDisposable {
  readonly url: string;
  /** Upgrades that have arrived. */
  readonly upgrades: readonly IncomingMessage[];
  /** Resolves with the n-th attach connection, when there is one. */
  connection(index: number): Promise<TargetConnection>;
}

export interface TargetScript {
  /** Runs for each upgrade that is accepted. Default: sends nothing. */
  readonly attach?: (connection: TargetConnection, index: number) => void;
  /** Answers upgrades in place of a 101. */
  readonly refuse?: (socket: Socket) => void;
  readonly request?: RequestListener;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer that accepts an upgrade. */
export function switchingProtocols(request: IncomingMessage): string {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Boxlite-Execution-Id: main-1\r\n\r\n`;
}

/** A server whose every byte after the upgrade is the test's. */
export async function startTarget(script: TargetScript = {}): Promise<Target> {
  const sockets = new Set<Socket>();
  const upgrades: IncomingMessage[] = [];
  const connections: TargetConnection[] = [];
  const arrivals: (() => void)[] = [];
  const server = createServer(script.request ?? ((_request, response) => response.end("ok")));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("upgrade", (request, socket: Socket, head: Buffer) => {
    upgrades.push(request);
    if (script.refuse) {
      script.refuse(socket);
      return;
    }
    socket.write(switchingProtocols(request));
    const connection = observe(request, socket, head);
    connections.push(connection);
    script.attach?.(connection, connections.length - 1);
    for (const arrived of arrivals.splice(0)) arrived();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    upgrades,
    async connection(index) {
      for (;;) {
        const connection = connections[index];
        if (connection) return connection;
        await new Promise<void>((resolve) => arrivals.push(resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function observe(request: IncomingMessage, socket: Socket, head: Buffer): TargetConnection {
  const chunks = [head];
  let length = head.length;
  // The http server keeps its half open; like a common server, this one ends when its client does.
  socket.on("end", () => socket.end());
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    socket.emit("received");
  });
  return {
    request,
    socket,
    received: () => Buffer.concat(chunks),
    async receivedBytes(count) {
      while (length < count) await once(socket, "received");
    },
    closed: new Promise((resolve) => socket.once("close", () => resolve())),
  };
}
