/** What carries attach messages. A WebSocket is one implementation; tests drive the pump over one in memory. */
export interface Transport {
  /** Starts to open a connection. Exactly one `closed` follows, whether it ever opened or not, unless it is discarded. */
  open(handlers: ConnectionHandlers): Connection;
}

export interface ConnectionHandlers {
  opened(): void;
  /** One whole message: text as a string, binary as bytes. The bytes are the receiver's to keep. */
  message(data: Uint8Array | string): void;
  closed(cause: Disconnect): void;
}

export interface Connection {
  /** Queues one message. Ignored when the connection is not open. */
  send(data: Uint8Array | string): void;
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
 * - `failed`: it never opened, and no status is known.
 */
export type Disconnect =
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | { readonly kind: "closed"; readonly code: number; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };
