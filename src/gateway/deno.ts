import { dialWebSocket } from "./dial-ws.ts";
import { type Gateway, type GatewayConnection, isUpgrade } from "./gateway.ts";
import type { RelaySocket, SocketHandlers } from "./relay.ts";

/** What Deno has beside the standards, as far as it is used. */
interface DenoNamespace {
  upgradeWebSocket(
    request: Request,
    options: { protocol?: string; idleTimeout: number },
  ): { readonly socket: WebSocket; readonly response: Response };
}

/** The part of `Deno.serve`'s second argument that is used. Hono hands it on as `c.env`. */
export interface DenoServeInfo {
  readonly remoteAddr?: { readonly transport: string; readonly hostname?: string } | undefined;
}

/** Seconds without an answer to a ping, after which Deno closes the page's connection. */
const IDLE_TIMEOUT = 30;

/** A handler for `Deno.serve`, upgrades included: `Deno.serve(denoHandler(gateway))`. */
export function denoHandler(gateway: Gateway): (request: Request, info?: DenoServeInfo) => Promise<Response> {
  return async (request, info) => {
    const connection = connectionOf(info);
    if (!isUpgrade(request)) return gateway.fetch(request, connection);
    const result = await gateway.attach(request, dialWebSocket, connection);
    if (result.kind === "answer") return result.response;
    const { protocol, page } = result;
    try {
      const options = protocol === undefined ? {} : { protocol };
      const { socket, response } = deno().upgradeWebSocket(request, {
        ...options,
        idleTimeout: IDLE_TIMEOUT,
      });
      listen(socket, page, () => result.open(relaySocketOf(socket)));
      return response;
    } catch (error) {
      // The page is gone, or its upgrade is none.
      page.closed(1006, "");
      return new Response(error instanceof Error ? error.message : String(error), { status: 400 });
    }
  };
}

function connectionOf(info: DenoServeInfo | undefined): GatewayConnection {
  const { hostname = "" } = info?.remoteAddr ?? {};
  return { loopback: /^(::ffff:)?127\.|^::1$/.test(hostname) };
}

function listen(socket: WebSocket, page: SocketHandlers, opened: () => void): void {
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", opened);
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") page.message(data);
    else if (data instanceof ArrayBuffer) page.message(new Uint8Array(data));
  });
  socket.addEventListener("close", ({ code, reason }) => page.closed(code, reason));
  // The close that follows is what counts.
  socket.addEventListener("error", () => {});
}

function relaySocketOf(socket: WebSocket): RelaySocket {
  const close = (code?: number, reason?: string) => {
    try {
      socket.close(code, reason);
    } catch {
      // A code that the standard's close() does not take. The client gives no meaning to any.
      socket.close();
    }
  };
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(data) {
      if (socket.readyState === WebSocket.OPEN)
        socket.send(typeof data === "string" ? data : new Uint8Array(data));
    },
    close,
    // Nothing cuts a socket there. A close without a code leads the client to the same: status, attach again.
    terminate: () => close(),
  };
}

function deno(): DenoNamespace {
  const platform: object = globalThis;
  if ("Deno" in platform && isDeno(platform.Deno)) return platform.Deno;
  throw new Error(
    "denoHandler() runs on Deno only; there are adapters for Node, Bun and Cloudflare Workers.",
  );
}

function isDeno(platform: unknown): platform is DenoNamespace {
  return typeof platform === "object" && platform !== null && "upgradeWebSocket" in platform;
}
