import IsomorphicWebSocket from "isomorphic-ws";
import { BoxLiteError } from "../errors/index.ts";
import { type GatewayLink, listenForGateway } from "./gateway-link.ts";
import type { Connection, ConnectionHandlers, Disconnect, Transport } from "./transport.ts";

/** The part of the standard WebSocket that is used. The platform's own and the `ws` package's both fit. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** The subprotocol that was selected. A socket without it works as if none was. */
  readonly protocol?: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: SocketEvent) => void,
  ): void;
}

/** What is read of a socket's events: `data` of a message, `code` and `reason` of a close. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** What the upgrade of one attach carries. */
export interface WebSocketInit {
  /** Browsers cannot send any. */
  readonly headers: Readonly<Record<string, string>>;
  /** Subprotocols to offer: none, but to a gateway. One of these is a secret. */
  readonly protocols: readonly string[];
}

/** Makes the socket of one attach. */
export type WebSocketFactory = (url: string, init: WebSocketInit) => WebSocketLike;

export interface WebSocketTransportOptions {
  /** The attach, as a `ws:` or `wss:` URL. */
  readonly url: string;
  /** Headers of the upgrade, asked for anew for each one: a token may have been renewed. Browsers cannot send any. */
  readonly headers: () => Promise<Record<string, string>>;
  /** Subprotocols, asked for anew as well: a gateway's ticket is good for one upgrade. Default: none. */
  readonly protocols?: () => Promise<readonly string[]>;
  /** Default: the `ws` package on Node, Deno and Bun, the platform's WebSocket in browsers. */
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
/** A replay is 256 KiB in one message; what is far larger is no BoxLite server's. */
const MAX_MESSAGE = 16 * 1024 * 1024;
/** How long `ws` waits for the server's close frame, in milliseconds, before it drops the socket. */
const CLOSE_TIMEOUT = 1_000;
const MAX_REFUSAL = 4096;

/** A WebSocket as the pump's transport. */
export function createWebSocketTransport(options: WebSocketTransportOptions): Transport {
  return { open: (handlers) => openConnection(options, handlers) };
}

function openConnection(options: WebSocketTransportOptions, handlers: ConnectionHandlers): Connection {
  let socket: WebSocketLike | null = null;
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
        const opening = (options.webSocket ?? platformWebSocket)(options.url, { headers, protocols });
        socket = opening;
        link = listenForGateway(() => opening.protocol, guarded, options.executionId);
        if (isNodeSocket(opening)) {
          listenToNodeSocket(opening, link.handlers, secretsOf(headers), options.executionId);
        } else listenToStandardSocket(opening, link.handlers);
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

type NodeSocket = InstanceType<typeof IsomorphicWebSocket>;

function platformWebSocket(url: string, init: WebSocketInit): WebSocketLike {
  const protocols = [...init.protocols];
  // A browser's constructor takes no options, and would take an object for a list of subprotocols.
  if (!("on" in IsomorphicWebSocket.prototype)) return new IsomorphicWebSocket(url, protocols);
  const options = {
    headers: init.headers,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE,
    closeTimeout: CLOSE_TIMEOUT,
  };
  return new IsomorphicWebSocket(url, protocols, options);
}

function isNodeSocket(socket: WebSocketLike): socket is NodeSocket {
  return "on" in socket && "terminate" in socket;
}

/** `ws`: its own events spare an object per message, and only they tell the status of a refused upgrade. */
function listenToNodeSocket(
  socket: NodeSocket,
  handlers: ConnectionHandlers,
  secrets: readonly string[],
  executionId: ((id: string) => void) | undefined,
): void {
  let opened = false;
  let problem = "";
  if (executionId !== undefined) {
    socket.on("upgrade", ({ headers }) => {
      const id = headers["x-boxlite-execution-id"];
      if (typeof id === "string" && id !== "") executionId(id);
    });
  }
  socket.on("open", () => {
    opened = true;
    handlers.opened();
  });
  socket.on("message", (data, isBinary) => {
    // A Buffer, by the default `binaryType`.
    if (data instanceof Uint8Array) handlers.message(isBinary ? data : data.toString());
  });
  socket.on("ping", handlers.heard);
  socket.on("pong", handlers.heard);
  socket.on("unexpected-response", (request, response) => {
    let body = "";
    const refused = () => {
      request.destroy();
      // A server may repeat the credential in what it says of it.
      const said = secrets.reduce((text, secret) => text.replaceAll(secret, "(token)"), body);
      handlers.closed({ kind: "refused", status: response.statusCode ?? 0, message: sentenceOf(said) });
    };
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body += text;
      if (body.length > MAX_REFUSAL) refused();
    });
    response.on("end", refused);
    response.on("error", refused);
  });
  socket.on("error", (error) => {
    problem = messageOf(error);
  });
  socket.on("close", (code, reason) => {
    if (opened) handlers.closed({ kind: "closed", code, message: reason.toString() || problem });
    else handlers.closed({ kind: "failed", message: problem });
  });
}

function listenToStandardSocket(socket: WebSocketLike, handlers: ConnectionHandlers): void {
  let opened = false;
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    opened = true;
    handlers.opened();
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") handlers.message(data);
    else if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data));
  });
  socket.addEventListener("close", ({ code = 1006, reason = "" }) => {
    handlers.closed(opened ? { kind: "closed", code, message: reason } : { kind: "failed", message: reason });
  });
  // Its event says nothing; the close that follows is what counts.
  socket.addEventListener("error", () => {});
}

/** The values of the headers, without the scheme before a credential. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers)
    .map((value) => value.replace(/^\S+ /, ""))
    .filter((secret) => secret !== "");
}

/** The sentence in a refusal's body, whichever of the servers' shapes it has. */
function sentenceOf(body: string): string {
  const text = body.trim();
  try {
    const { error, message } = JSON.parse(text);
    const sentence = typeof error === "object" && error !== null ? error.message : (message ?? error);
    if (typeof sentence === "string") return sentence;
  } catch {
    // Plain text, HTML, or nothing.
  }
  return text.startsWith("<") ? "" : text.slice(0, 200);
}

/** A ticket is asked for over HTTP, where a refusal has a status. */
function toDisconnect(error: unknown): Disconnect {
  const status = error instanceof BoxLiteError ? error.status : undefined;
  const message = messageOf(error);
  return status === undefined ? { kind: "failed", message } : { kind: "refused", status, message };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's AggregateError of a failed connect has an empty message; its code says it.
  return error.message || String("code" in error ? error.code : error.name);
}

/** A view that a socket may take: what lies on shared memory is copied. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
