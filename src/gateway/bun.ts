import type { Attach } from "./attach.ts";
import { dialWebSocket } from "./dial-ws.ts";
import { type Gateway, isUpgrade } from "./gateway.ts";
import type { RelaySocket } from "./relay.ts";

type Accepted = Extract<Attach, { kind: "accept" }>;

/** What is kept with each of Bun's sockets. */
export interface BunSocketData {
  readonly boxlite: Accepted;
}

/** The part of Bun's `ServerWebSocket` that is used. */
export interface BunSocket {
  readonly data: BunSocketData;
  send(data: string | Uint8Array): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

/** The part of Bun's `Server` that is used. */
export interface BunServer {
  upgrade(request: Request, options: { headers: Headers; data: BunSocketData }): boolean;
  requestIP(request: Request): { readonly address: string } | null;
}

export interface BunHandlers {
  /** Undefined: it was upgraded. */
  fetch(request: Request, server: BunServer): Promise<Response | undefined>;
  readonly websocket: {
    readonly maxPayloadLength: number;
    readonly backpressureLimit: number;
    readonly perMessageDeflate: boolean;
    readonly idleTimeout: number;
    open(socket: BunSocket): void;
    message(socket: BunSocket, data: string | Uint8Array): void;
    close(socket: BunSocket, code: number, reason: string): void;
  };
}

/** Seconds after which Bun takes a quiet page for dead; it pings shortly before. Most proxies close what is quiet for 60 s. */
const IDLE_TIMEOUT = 40;
/** The runner refuses larger ones. */
const MAX_STDIN_MESSAGE = 1024 * 1024;

/**
 * Handlers for `Bun.serve`, upgrades included: `Bun.serve({ ...bunHandlers(gateway) })`. Beside other routes, call `fetch` for what
 * `gateway.handles()`, and hand on what `websocket` gets for sockets whose `data` has a `boxlite`.
 */
export function bunHandlers(gateway: Gateway): BunHandlers {
  return {
    async fetch(request, server) {
      const connection = { loopback: isLoopback(server.requestIP(request)?.address ?? "") };
      if (!isUpgrade(request)) return gateway.fetch(request, connection);
      const result = await gateway.attach(request, dialWebSocket, connection);
      if (result.kind === "answer") return result.response;
      const headers = new Headers(result.headers);
      if (result.protocol !== undefined) headers.set("sec-websocket-protocol", result.protocol);
      if (server.upgrade(request, { headers, data: { boxlite: result } })) return undefined;
      // The page is gone, or its upgrade is none.
      result.page.closed(1006, "");
      return new Response("expected a WebSocket upgrade\n", { status: 400 });
    },
    websocket: {
      maxPayloadLength: MAX_STDIN_MESSAGE,
      // None of Bun's: it would drop messages in silence.
      backpressureLimit: 0,
      perMessageDeflate: false,
      idleTimeout: IDLE_TIMEOUT,
      open: (socket) => socket.data.boxlite.open(relaySocketOf(socket)),
      message: (socket, data) => socket.data.boxlite.page.message(data),
      close: (socket, code, reason) => socket.data.boxlite.page.closed(code, reason),
    },
  };
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

function relaySocketOf(socket: BunSocket): RelaySocket {
  return {
    get bufferedAmount() {
      return socket.getBufferedAmount();
    },
    send: (data) => void socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
