import IsomorphicWebSocket from "isomorphic-ws";
import { BoxLiteError } from "../errors/index.ts";
import { type GatewayLink, listenForGateway } from "./gateway-link.ts";
import { type FetchSocket, hasFetchSockets, openByFetch } from "./sockets/fetch-socket.ts";
import { isNodeSocket, listenToNodeSocket, NODE_OPTIONS } from "./sockets/node-socket.ts";
import { messageOf } from "./sockets/refusal.ts";
import type {
  OpeningSocket,
  SocketListener,
  WebSocketFactory,
  WebSocketInit,
  WebSocketLike,
} from "./sockets/socket.ts";
import { listenToStandardSocket } from "./sockets/standard-socket.ts";
import type { Connection, ConnectionHandlers, Disconnect, Transport } from "./transport.ts";

export interface WebSocketTransportOptions {
  /** The attach, as a `ws:` or `wss:` URL. */
  readonly url: string;
  /** Headers of the upgrade, asked for anew for each one: a token may have been renewed. Browsers cannot send any. */
  readonly headers: () => Promise<Record<string, string>>;
  /** Subprotocols, asked for anew as well: a gateway's ticket is good for one upgrade. Default: none. */
  readonly protocols?: () => Promise<readonly string[]>;
  /** Default: the `ws` package on Node, Deno and Bun, `fetch` on Cloudflare's Workers, the platform's WebSocket in browsers. */
  readonly webSocket?: WebSocketFactory | undefined;
  /** Called before the connection is open, where the server names the execution: for a box's main process. */
  readonly executionId?: (id: string) => void;
}

/** Above this many bytes under way, stdin waits. */
const SEND_WINDOW = 256 * 1024;
/** After so many messages in one turn of the event loop, stdin waits for the next: else it would keep all else from it. */
const SENDS_PER_TURN = 64;
/** How often a full socket is looked at, in milliseconds: browsers have no event for "drained". */
const DRAIN_POLL = 10;
/** A WebSocket as the pump's transport. */
export function createWebSocketTransport(options: WebSocketTransportOptions): Transport {
  return { open: (handlers) => openConnection(options, handlers) };
}

function openConnection(options: WebSocketTransportOptions, handlers: ConnectionHandlers): Connection {
  let socket: OpeningSocket | null = null;
  let over = false;
  let poll: (() => void) | null = null;
  let sends = 0;
  let link: GatewayLink | null = null;

  // Every way to end leads through here once; a discarded connection has ended already.
  const guarded: ConnectionHandlers = {
    opened() {
      if (!over) handlers.opened();
    },
    message(data) {
      if (!over) handlers.message(data);
    },
    dropped(stream, bytes) {
      if (!over) handlers.dropped(stream, bytes);
    },
    heard() {
      if (!over) handlers.heard();
    },
    closed(cause) {
      if (over) return;
      over = true;
      poll?.();
      handlers.closed(cause);
    },
  };

  Promise.all([options.headers(), options.protocols?.() ?? []]).then(
    ([headers, protocols]) => {
      if (over) return;
      try {
        const opening = openSocket(options, { headers, protocols });
        const { executionId } = options;
        socket = opening;
        link = listenForGateway(() => opening.protocol, guarded, executionId);
        listen(opening, { handlers: link.handlers, headers, executionId });
      } catch (error) {
        guarded.closed({ kind: "failed", message: messageOf(error) });
      }
    },
    (error: unknown) => guarded.closed(toDisconnect(error)),
  );

  return {
    send(data) {
      if (over || socket?.readyState !== 1) return;
      sends += 1;
      socket.send(typeof data === "string" ? data : unshared(data));
    },
    get ping() {
      const open = socket;
      if (open === null || !isNodeSocket(open)) return undefined;
      return () => {
        if (!over && open.readyState === 1) open.ping();
      };
    },
    writable() {
      const open = socket;
      const full = () =>
        !over && open !== null && (open.bufferedAmount >= SEND_WINDOW || link?.held === true);
      if (!full() && sends < SENDS_PER_TURN) return Promise.resolve();
      return new Promise((resolve) => {
        const look = () => {
          if (full()) timer = setTimeout(look, DRAIN_POLL);
          else poll?.();
        };
        let timer = setTimeout(look);
        poll = () => {
          clearTimeout(timer);
          poll = null;
          sends = 0;
          resolve();
        };
      });
    },
    discard() {
      over = true;
      poll?.();
      // Closed with the handshake: a server that is still sending sees a close, not a reset.
      socket?.close(1000);
    },
  };
}

function openSocket(
  { url, webSocket }: WebSocketTransportOptions,
  init: WebSocketInit,
): WebSocketLike | FetchSocket {
  if (webSocket !== undefined) return webSocket(url, init);
  if (hasFetchSockets()) return openByFetch(url, init);
  const protocols = [...init.protocols];
  // A browser's constructor takes no options, and would take an object for a list of subprotocols.
  if (!("on" in IsomorphicWebSocket.prototype)) return new IsomorphicWebSocket(url, protocols);
  return new IsomorphicWebSocket(url, protocols, { headers: init.headers, ...NODE_OPTIONS });
}

function listen(socket: WebSocketLike | FetchSocket, listener: SocketListener): void {
  if ("listen" in socket) socket.listen(listener);
  else if (isNodeSocket(socket)) listenToNodeSocket(socket, listener);
  else listenToStandardSocket(socket, listener.handlers);
}

/** A ticket is asked for over HTTP, where a refusal has a status. */
function toDisconnect(error: unknown): Disconnect {
  const status = error instanceof BoxLiteError ? error.status : undefined;
  const message = messageOf(error);
  return status === undefined ? { kind: "failed", message } : { kind: "refused", status, message };
}

/** A view that a socket may take: what lies on shared memory is copied. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
