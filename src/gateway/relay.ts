import { encodeGatewayFrame } from "./protocol.ts";

/** One end of an attach, as far as the relay uses it. */
export interface RelaySocket {
  /** Bytes that wait for the network. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  /** Closes with the handshake. A code that the platform does not let pass is left out. */
  close(code: number | undefined, reason: string): void;
  /** Cuts it, or comes as close to that as the platform allows. */
  terminate(): void;
}

/** What an end says. `closed` comes once, last; 1005: without a code, 1006: cut. */
export interface SocketHandlers {
  message(data: string | Uint8Array): void;
  closed(code: number, reason: string): void;
}

/** Opens the connection to the server. Rejects when there is no answer, or `signal` aborts first. */
export type Dial = (
  url: string,
  headers: Headers,
  handlers: SocketHandlers,
  signal: AbortSignal,
) => Promise<Dialed>;

export type Dialed =
  | { readonly kind: "open"; readonly socket: RelaySocket; readonly headers: Headers }
  | { readonly kind: "refused"; readonly response: Response };

export interface RelayOptions {
  /** Bytes that may wait for an end that is slow. Then the page's connection is cut: it comes back, and has the backlog replayed. */
  readonly ceiling: number;
  /** The page speaks the gateway's subprotocol. */
  readonly framed: boolean;
  /** For what the server says in text. */
  readonly redact: (text: string) => string;
}

export interface Relay {
  /** What the server's end says. May be called from the start: what it sends before the page is there waits. */
  readonly server: SocketHandlers;
  readonly page: SocketHandlers;
  /** The server's end is open. */
  connect(server: RelaySocket): void;
  /** The page's end is open: from now on it is sent to, what has waited first. */
  open(page: RelaySocket, hello: string | undefined): void;
}

/** Stdin that waits for the server; above, the page is told to hold it back, below the other, to go on. */
const HOLD_ABOVE = 1024 * 1024;
const RESUME_BELOW = 256 * 1024;
/** Milliseconds; no socket has an event for "drained" everywhere. */
const DRAIN_POLL = 20;

/**
 * Passes on what the two ends of an attach say, message by message. The server's end is always read: BoxLite servers drop output for a
 * reader that pauses, and do not say so. So a page that is too slow is cut instead, and what it missed is replayed to it.
 */
export function createRelay({ ceiling, framed, redact }: RelayOptions): Relay {
  let page: RelaySocket | null = null;
  let server: RelaySocket | null = null;
  let waiting: (string | Uint8Array)[] = [];
  let waitingBytes = 0;
  /** How it ended, as the page is to see it. */
  let end: { readonly code: number; readonly reason: string } | null = null;
  let poll: ReturnType<typeof setTimeout> | undefined;

  function finish(code: number, reason: string): void {
    if (end !== null) return;
    end = { code, reason };
    clearTimeout(poll);
    server?.close(1000, "");
    if (page !== null) closePage(page);
  }

  function closePage(socket: RelaySocket): void {
    if (end === null || end.code === 1006) socket.terminate();
    else socket.close(end.code === 1005 ? undefined : end.code, end.reason);
  }

  function toPage(data: string | Uint8Array): void {
    if (page === null) {
      waiting.push(data);
      waitingBytes += data.length;
      if (waitingBytes > ceiling) finish(1006, "");
    } else if (page.bufferedAmount > ceiling) {
      finish(1006, "");
    } else {
      page.send(data);
    }
  }

  function toServer(data: string | Uint8Array): void {
    if (server === null) return;
    if (server.bufferedAmount > ceiling) {
      finish(1006, "");
      return;
    }
    server.send(data);
    if (framed && poll === undefined && server.bufferedAmount > HOLD_ABOVE) {
      page?.send(encodeGatewayFrame({ event: "hold" }));
      poll = setTimeout(resumeWhenDrained, DRAIN_POLL);
    }
  }

  function resumeWhenDrained(): void {
    if (server !== null && server.bufferedAmount > RESUME_BELOW) {
      poll = setTimeout(resumeWhenDrained, DRAIN_POLL);
      return;
    }
    poll = undefined;
    page?.send(encodeGatewayFrame({ event: "resume" }));
  }

  return {
    server: {
      message(data) {
        if (end === null) toPage(typeof data === "string" ? redact(data) : data);
      },
      closed(code, reason) {
        server = null;
        finish(code, redact(reason));
      },
    },
    page: {
      message(data) {
        if (end === null) toServer(data);
      },
      closed() {
        page = null;
        finish(1006, "");
      },
    },
    connect(socket) {
      server = socket;
      if (end !== null) socket.close(1000, "");
    },
    open(socket, hello) {
      // Cut before it was there: nothing of what has waited may look like all there is.
      const cut = end?.code === 1006;
      const early = waiting;
      waiting = [];
      if (!cut) {
        if (hello !== undefined) socket.send(hello);
        for (const data of early) socket.send(data);
      }
      if (end === null) page = socket;
      else closePage(socket);
    },
  };
}
