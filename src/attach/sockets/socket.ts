import type { ConnectionHandlers } from "../transport.ts";

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

/** A socket, as far as it is used once it is listened to. */
export type OpeningSocket = Pick<
  WebSocketLike,
  "readyState" | "bufferedAmount" | "protocol" | "send" | "close"
>;

/** Who listens to a socket, and what its upgrade carried. */
export interface SocketListener {
  readonly handlers: ConnectionHandlers;
  readonly headers: WebSocketInit["headers"];
  /** Called before the connection is open, where the answer to the upgrade names the execution. */
  readonly executionId: ((id: string) => void) | undefined;
}
