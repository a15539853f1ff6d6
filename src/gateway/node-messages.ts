import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { endUpgrade } from "./refused-upgrade.ts";
import { parseTarget } from "./routes.ts";

/** Node's messages ↔ the platform's `Request` and `Response`. */

const messages = new WeakMap<Request, IncomingMessage>();

/** Node's own message behind a request that `authorize` gets, e.g. for the session that a middleware has put onto it. */
export function incomingMessage(request: Request): IncomingMessage | undefined {
  return messages.get(request);
}

/** The target as it was sent, also where a framework has taken its mount point off. */
export function rawTarget(incoming: IncomingMessage): string {
  if ("originalUrl" in incoming && typeof incoming.originalUrl === "string") return incoming.originalUrl;
  return incoming.url ?? "/";
}

/** A path that the gateway refuses. A URL would resolve what is wrong with the one that was sent. */
const REFUSED_TARGET = "//";

export function toRequest(incoming: IncomingMessage, signal: AbortSignal, withBody: boolean): Request {
  const target = rawTarget(incoming);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    // HTTP/2 has pseudo-headers.
    if (value === undefined || name.startsWith(":")) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const authority = incoming.headers[":authority"];
  if (typeof authority === "string") headers.set("host", authority);
  const host = headers.get("host") ?? "";
  const scheme = "encrypted" in incoming.socket ? "https" : "http";
  const base = `${scheme}://${/^[\w.:[\]-]+$/.test(host) && URL.canParse(`${scheme}://${host}`) ? host : "unknown.invalid"}`;
  const init: RequestInit & { duplex?: "half" } = { method: methodOf(incoming), headers, signal };
  if (withBody && hasBody(incoming)) {
    init.body = bodyOf(incoming);
    init.duplex = "half";
  }
  const request = new Request(base + (parseTarget(target) === undefined ? REFUSED_TARGET : target), init);
  messages.set(request, incoming);
  return request;
}

/** `Request` takes no TRACE and no CONNECT; neither does the gateway, nor any method that it does not know. */
function methodOf({ method = "GET" }: IncomingMessage): string {
  return /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/.test(method) ? method : "PATCH";
}

function hasBody({ headers, method }: IncomingMessage): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  if (incoming.readableDidRead) {
    throw new Error(
      "The body of the request was read before the gateway got it: mount it before any body parser.",
    );
  }
  const chunks = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

/** Writes an answer, as fast as the client takes it. */
export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  // Whom the answer may be shown to is the gateway's to say: Vite's CORS would show it to every page of this machine.
  for (const name of response.getHeaderNames()) {
    if (name.startsWith("access-control-")) response.removeHeader(name);
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) {
    response.end();
    return;
  }
  const reader = answer.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  response.on("close", cancel);
  // Headers must not wait for a body that may come much later.
  response.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!response.write(value)) await drained(response);
  }
  response.off("close", cancel);
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}

/** Answers an upgrade on its socket, and ends it. */
export async function writeUpgradeAnswer(answer: Response, socket: Duplex): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  const headers = new Headers(answer.headers);
  headers.set("content-length", String(body.length));
  headers.set("connection", "close");
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  endUpgrade(
    socket,
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n${lines}\r\n`),
      body,
    ]),
  );
}

export function isLoopback({ socket }: IncomingMessage): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(socket.localAddress ?? "");
}
