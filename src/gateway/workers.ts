import { type Gateway, isUpgrade } from "./gateway.ts";
import type { Dial, RelaySocket, SocketHandlers } from "./relay.ts";

/** What Cloudflare Workers have beside the standards, as far as it is used. */
interface WorkerSocket extends EventTarget {
  accept(): void;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  readonly bufferedAmount?: number;
  binaryType?: string;
}

interface WorkersGlobal {
  readonly WebSocketPair: new () => { readonly 0: WorkerSocket; readonly 1: WorkerSocket };
}

/**
 * A `fetch` handler for Cloudflare Workers, upgrades included: `export default { fetch: workersHandler(gateway) }`. In Hono:
 * `app.all("/api/*", (c) => handler(c.req.raw))`.
 */
export function workersHandler(gateway: Gateway): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isUpgrade(request)) return gateway.fetch(request);
    const result = await gateway.attach(request, dialByFetch);
    if (result.kind === "answer") return result.response;
    const { WebSocketPair } = workersGlobal();
    const pair = new WebSocketPair();
    const socket = pair[1];
    listen(socket, result.page);
    result.open(relaySocketOf(socket));
    const headers = new Headers(result.headers);
    if (result.protocol !== undefined) headers.set("sec-websocket-protocol", result.protocol);
    // A member of Workers' own; elsewhere it would be ignored.
    const init: ResponseInit & { webSocket: WorkerSocket } = { status: 101, headers, webSocket: pair[0] };
    return new Response(null, init);
  };
}

/** Workers open a WebSocket by `fetch`, which takes headers, and tells the status of one that is refused. */
const dialByFetch: Dial = async (url, headers, handlers, signal) => {
  headers.set("upgrade", "websocket");
  const response = await fetch(url, { headers, redirect: "manual", signal });
  if (!hasWebSocket(response)) return { kind: "refused", response };
  listen(response.webSocket, handlers);
  return { kind: "open", socket: relaySocketOf(response.webSocket), headers: response.headers };
};

function listen(socket: WorkerSocket, handlers: SocketHandlers): void {
  let over = false;
  const closed = (code: number, reason: string) => {
    if (over) return;
    over = true;
    handlers.closed(code, reason);
  };
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", (event) => {
    const data: unknown = "data" in event ? event.data : undefined;
    if (typeof data === "string") handlers.message(data);
    else if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data));
  });
  socket.addEventListener("close", (event) => {
    const code = "code" in event && typeof event.code === "number" ? event.code : 1006;
    closed(code, "reason" in event && typeof event.reason === "string" ? event.reason : "");
  });
  socket.addEventListener("error", () => closed(1006, ""));
  socket.accept();
}

function relaySocketOf(socket: WorkerSocket): RelaySocket {
  const close = (code?: number, reason?: string) => {
    try {
      socket.close(code, reason);
    } catch {
      // It is closed, or the code is one that Workers do not send.
    }
  };
  return {
    // Older runtimes have none: there a slow page is bounded by the isolate's memory alone.
    get bufferedAmount() {
      return socket.bufferedAmount ?? 0;
    },
    send(data) {
      try {
        socket.send(data);
      } catch {
        // Closed by the other side; its event is under way.
      }
    },
    close,
    // Nothing cuts a socket there. This close code leads the client to the same: status, attach again.
    terminate: () => close(1011, "cut by the gateway"),
  };
}

function hasWebSocket(response: Response): response is Response & { webSocket: WorkerSocket } {
  return "webSocket" in response && response.webSocket !== null && response.webSocket !== undefined;
}

function workersGlobal(): WorkersGlobal {
  const platform: object = globalThis;
  if (isWorkers(platform)) return platform;
  throw new Error(
    "workersHandler() runs on Cloudflare Workers only; there are adapters for Node, Deno and Bun.",
  );
}

function isWorkers(platform: object): platform is WorkersGlobal {
  return "WebSocketPair" in platform;
}
