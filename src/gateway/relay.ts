import { createJoiner, type Joiner } from "./joiner.ts";
import { createPageQueue } from "./page-queue.ts";
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
  /**
   * Bytes that may wait for an end that is slow. Beyond, the older half of the output for a page is dropped if the page knows the
   * subprotocol; for anything else its connection is cut.
   */
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
/** Bytes that are handed to a page's socket ahead of what it has taken. Little: pings and the like wait behind them. */
const WINDOW = 1024 * 1024;

/**
 * Passes on what the two ends of an attach say, message by message. The server's end is always read: BoxLite servers drop output for a
 * reader that pauses, and do not say so. So what is too much for a page is dropped here, where it can be told what it misses, and its
 * input goes on. Cut, it would have no more of it: the replay is far shorter than what waited.
 */
export function createRelay({ ceiling, framed, redact }: RelayOptions): Relay {
  let page: RelaySocket | null = null;
  let output: Joiner | null = null;
  let server: RelaySocket | null = null;
  const window = Math.min(WINDOW, ceiling / 2);
  const queue = createPageQueue(ceiling - window, framed);
  /** How it ended, as the page is to see it. */
  let end: { readonly code: number; readonly reason: string } | null = null;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let drainPoll: ReturnType<typeof setTimeout> | undefined;

  function finish(code: number, reason: string): void {
    if (end !== null) return;
    end = { code, reason };
    clearTimeout(poll);
    server?.close(1000, "");
    if (page === null) return;
    if (code === 1006) cut(page);
    else drain();
  }

  function cut(socket: RelaySocket): void {
    leave();
    socket.terminate();
  }

  /** Nothing more is sent to the page. */
  function leave(): void {
    page = null;
    output?.stop();
    clearTimeout(drainPoll);
  }

  function toPage(data: string | Uint8Array): void {
    if (page !== null && queue.isEmpty && page.bufferedAmount <= window) output?.send(data);
    else if (!queue.add(data)) finish(1006, "");
    else drain();
  }

  /** Sends what waits, as far as the page takes it, and then its end. */
  function drain(): void {
    if (page === null) return;
    while (page.bufferedAmount <= window) {
      const data = queue.next();
      if (data === undefined) {
        if (end !== null) close(page, end.code, end.reason);
        return;
      }
      output?.send(data);
    }
    drainPoll ??= setTimeout(() => {
      drainPoll = undefined;
      drain();
    }, DRAIN_POLL);
  }

  function close(socket: RelaySocket, code: number, reason: string): void {
    output?.flush();
    leave();
    socket.close(code === 1005 ? undefined : code, reason);
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
        leave();
        finish(1006, "");
      },
    },
    connect(socket) {
      server = socket;
      if (end !== null) socket.close(1000, "");
    },
    open(socket, hello) {
      output = createJoiner(socket);
      // Cut before it was there: nothing of what has waited may look like all there is.
      if (end?.code === 1006) {
        cut(socket);
        return;
      }
      page = socket;
      if (hello !== undefined) socket.send(hello);
      drain();
    },
  };
}
