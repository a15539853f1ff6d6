import type { OutputName } from "./frames.ts";

/** What carries attach messages. A WebSocket is one implementation; tests drive the pump over one in memory. */
export interface Transport {
  /** Starts to open a connection. Exactly one `closed` follows, whether it ever opened or not, unless it is discarded. */
  open(handlers: ConnectionHandlers): Connection;
}

export interface ConnectionHandlers {
  opened(): void;
  /** One whole message: text as a string, binary as bytes. The bytes are the receiver's to keep. */
  message(data: Uint8Array | string): void;
  /** So many bytes of a stream were dropped here on the way, by a gateway whose page is slow. */
  dropped(stream: OutputName, bytes: number): void;
  /** A ping or a pong came: a sign of life. Browsers tell of neither. */
  heard(): void;
  closed(cause: Disconnect): void;
}

export interface Connection {
  /** Queues one message. Ignored when the connection is not open. */
  send(data: Uint8Array | string): void;
  /**
   * Sends a ping: a pong follows, if the server lives. Undefined where the platform has none, which is known once the
   * connection has opened.
   */
  readonly ping?: (() => void) | undefined;
  /** Resolves as soon as the connection takes more without piling up, or is closed. */
  writable(): Promise<void>;
  /** Closes at once and for good; no handler is called any more. */
  discard(): void;
}

/**
 * Why a connection ended, or did not come to be.
 *
 * - `refused`: the server answered the upgrade with an HTTP status. Browsers learn it through a gateway only; else it is
 *   `failed` there.
 * - `closed`: it was open and ended; `code` is the WebSocket close code (1005: none was sent, 1006: cut).
 * - `failed`: it never opened, and no status is known. An empty `message` says that the platform told nothing, as browsers do.
 */
export type Disconnect =
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | { readonly kind: "closed"; readonly code: number; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };
