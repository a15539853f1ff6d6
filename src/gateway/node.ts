import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { answerPings } from "../attach/sockets/pong.ts";
import { countSends } from "./counted-sends.ts";
import { dialWebSocket } from "./dial-ws.ts";
import type { Gateway } from "./gateway.ts";
import { keepAlive } from "./keep-alive.ts";
import { isLoopback, rawTarget, sendResponse, toRequest, writeUpgradeAnswer } from "./node-messages.ts";
import { GATEWAY_PROTOCOL } from "./protocol.ts";
import type { RelaySocket, SocketHandlers } from "./relay.ts";

export { incomingMessage } from "./node-messages.ts";

export interface NodeHandlers {
  /**
   * A listener for `node:http`, and a middleware for Express, Connect and Vite: what is not below the gateway's `basePath` goes to
   * `next`, or is answered with 404 where there is none. Mount it before any body parser.
   */
  readonly request: (
    request: IncomingMessage,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ) => void;
  /** A listener for `upgrade`. False: it is not below `basePath`, and is left to others. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Closes the attaches that are open: `server.close()` does not, and waits for them. */
  readonly close: () => void;
}

export interface NodeHandlersOptions {
  /** Treats every connection as one over the loopback interface. Default: as it is. */
  readonly loopback?: boolean | undefined;
}

/** The runner refuses larger ones, and the client sends none. */
const MAX_STDIN_MESSAGE = 1024 * 1024;

/** Handlers for Node's own server, and for all that is built on it. */
export function nodeHandlers(gateway: Gateway, options: NodeHandlersOptions = {}): NodeHandlers {
  const answerHeaders = new WeakMap<IncomingMessage, Readonly<Record<string, string>>>();
  const open = new Set<WebSocket>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_STDIN_MESSAGE,
    autoPong: false,
    handleProtocols: (offered) => offered.has(GATEWAY_PROTOCOL) && GATEWAY_PROTOCOL,
  });
  sockets.on("headers", (lines, request) => {
    for (const [name, value] of Object.entries(answerHeaders.get(request) ?? {}))
      lines.push(`${name}: ${value}`);
  });

  function connectionOf(incoming: IncomingMessage) {
    return { loopback: options.loopback ?? isLoopback(incoming) };
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const request = toRequest(incoming, gone.signal, true);
    await sendResponse(await gateway.fetch(request, connectionOf(incoming)), response);
  }

  async function accept(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    const abort = () => gone.abort();
    socket.once("close", abort);
    const request = toRequest(incoming, gone.signal, false);
    const attach = await gateway.attach(request, dialWebSocket, connectionOf(incoming));
    socket.off("close", abort);
    if (attach.kind === "answer") {
      await writeUpgradeAnswer(attach.response, socket);
      return;
    }
    let accepted = false;
    answerHeaders.set(incoming, attach.headers);
    sockets.handleUpgrade(incoming, socket, head, (page) => {
      accepted = true;
      open.add(page);
      page.on("close", () => open.delete(page));
      listen(page, attach.page);
      attach.open(relaySocketOf(page));
    });
    // The page is gone, or its handshake is none and was answered with 400.
    if (!accepted) attach.page.closed(1006, "");
  }

  return {
    request(incoming, response, next) {
      if (!gateway.handles(rawTarget(incoming)) && next !== undefined) next();
      else answer(incoming, response).catch((error: unknown) => response.destroy(toError(error)));
    },
    upgrade(incoming, socket, head) {
      if (!gateway.handles(rawTarget(incoming))) return false;
      // A refused or cut connection may fail while it is written to.
      socket.on("error", () => {});
      accept(incoming, socket, head).catch(() => socket.destroy());
      return true;
    },
    close() {
      for (const page of open) page.close(1001, "the gateway stops");
    },
  };
}

function listen(page: WebSocket, handlers: SocketHandlers): void {
  answerPings(page);
  const stop = keepAlive(page);
  // Broken frames and resets: ws closes the socket itself, with the fitting code.
  page.on("error", () => {});
  page.on("message", (data, isBinary) => {
    // A Buffer, by the default `binaryType`.
    if (data instanceof Uint8Array) handlers.message(isBinary ? data : data.toString());
  });
  page.on("close", (code, reason) => {
    stop();
    handlers.closed(code, reason.toString());
  });
}

function relaySocketOf(page: WebSocket): RelaySocket {
  const sends = countSends(page);
  return {
    get bufferedAmount() {
      return sends.bufferedAmount();
    },
    send(data) {
      if (page.readyState === page.OPEN) sends.send(data);
    },
    close(code, reason) {
      try {
        page.close(code, reason);
      } catch {
        // A code that may not be sent. The client gives no meaning to any.
        page.close();
      }
    },
    terminate: () => page.terminate(),
  };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
