import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** JSON is parsed, other bodies are their bytes; undefined where there was none. */
  readonly body: unknown;
  /** Resolves when the client gave the request up, or had its answer. */
  readonly closed: Promise<void>;
}

/** JSON with a status, or whatever else a handler does with the response itself. */
export type Reply =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Record<string, string> }
  | { readonly status: number; readonly text: string; readonly headers?: Record<string, string> }
  | ((response: ServerResponse) => void);

export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** `METHOD path` of each request so far. */
  readonly log: readonly string[];
  /** Resolves with the first request of this line, past or future. */
  requested(line: string): Promise<ReceivedRequest>;
  close(): Promise<void>;
}

/** An HTTP server that answers as a test says. */
export async function startScriptedServer(
  handle: (request: ReceivedRequest) => Reply | Promise<Reply>,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const waiting: { line: string; resolve(request: ReceivedRequest): void }[] = [];
  const sockets = new Set<Socket>();

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const isJson = incoming.headers["content-type"] === "application/json";
    const request: ReceivedRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: isJson ? JSON.parse(bytes.toString()) : bytes.length === 0 ? undefined : bytes,
      closed: new Promise((resolve) => response.on("close", resolve)),
    };
    requests.push(request);
    for (const { line, resolve } of waiting) if (line === lineOf(request)) resolve(request);
    const reply = await handle(request);
    if (typeof reply === "function") {
      reply(response);
      return;
    }
    const json = !("text" in reply) && reply.json !== undefined;
    response.writeHead(reply.status, {
      ...(json ? { "content-type": "application/json" } : {}),
      ...reply.headers,
    });
    response.end("text" in reply ? reply.text : json ? JSON.stringify(reply.json) : undefined);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: urlOf(server.address()),
    requests,
    get log() {
      return requests.map(lineOf);
    },
    requested(line) {
      const past = requests.find((request) => lineOf(request) === line);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => waiting.push({ line, resolve }));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A box as the servers describe it. */
export function boxAnswer(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    box_id: id,
    name: null,
    status: "running",
    created_at: "2026-11-01T00:00:00Z",
    updated_at: "2026-11-01T00:00:00Z",
    image: "alpine:latest",
    cpus: 1,
    memory_mib: 512,
    ...more,
  };
}

function lineOf(request: ReceivedRequest): string {
  return `${request.method} ${request.path}`;
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return `http://127.0.0.1:${address.port}`;
}
