import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { boxAnswer } from "../client/scripted-server.ts";

/** What a hostile server does with each attach, on the bare socket, and with each other request, by its own bytes. */
export interface Hostility {
  attach?(socket: Socket, count: number): void;
  /** The bytes of an answer to a request that is not one of a box's or an execution's start. */
  status?(socket: Socket): void;
}

export interface HostileServer extends AsyncDisposable {
  readonly url: string;
  /** Request lines so far, and the headers that came with them. */
  readonly requests: readonly { readonly line: string; readonly head: string }[];
}

/** A server that speaks HTTP and WebSockets by hand, so that it may speak them badly. It has box `b1` and execution `e1`. */
export async function startHostileServer({ attach, status }: Hostility): Promise<HostileServer> {
  const requests: { line: string; head: string }[] = [];
  const sockets = new Set<Socket>();
  let attaches = 0;

  function answer(socket: Socket, head: string): void {
    const line = head.slice(0, head.indexOf("\r\n"));
    requests.push({ line, head });
    if (/^upgrade: websocket/im.test(head)) {
      const key = /^sec-websocket-key: (\S+)/im.exec(head)?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      attaches += 1;
      attach?.(socket, attaches);
    } else if (line.startsWith("POST ") && line.includes("/exec ")) {
      json(socket, 201, { execution_id: "e1" });
    } else if (line.includes("/boxes/b1 ")) {
      json(socket, 200, boxAnswer("b1"));
    } else if (status !== undefined) {
      status(socket);
    } else {
      json(socket, 200, { execution_id: "e1", status: "running" });
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    let received = "";
    let upgraded = false;
    socket.on("data", (bytes) => {
      if (upgraded) return;
      received += bytes.toString("latin1");
      for (let end = received.indexOf("\r\n\r\n"); end !== -1; end = received.indexOf("\r\n\r\n")) {
        const head = received.slice(0, end + 2);
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        received = received.slice(end + 4 + length);
        upgraded = /^upgrade: websocket/im.test(head);
        answer(socket, head);
        if (upgraded) return;
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export function json(socket: Socket, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} Answer\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
