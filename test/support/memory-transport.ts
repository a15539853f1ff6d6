import type { OutputName } from "../../src/attach/frames.ts";
import type { ConnectionHandlers, Disconnect, Transport } from "../../src/attach/transport.ts";

/** One connection as the server of a test sees it. */
export interface MemoryConnection {
  /** What the client sent: text as it is, binary as bytes. */
  readonly received: (string | Uint8Array)[];
  readonly discarded: boolean;
  open(): void;
  stdout(text: string | Uint8Array): void;
  stderr(text: string | Uint8Array): void;
  text(message: string | object): void;
  binary(bytes: Uint8Array): void;
  /** A gateway has dropped so many bytes here. */
  dropped(stream: OutputName, bytes: number): void;
  /** A ping or a pong arrives at the client. */
  ping(): void;
  /** A number is the close code of a connection that was open. */
  close(cause: Disconnect | number): void;
}

export interface MemoryTransport extends Transport {
  readonly connections: MemoryConnection[];
  /** The newest connection; throws when there is none. */
  last(): MemoryConnection;
}

/**
 * A transport without sockets: the test plays the server, and everything happens at once.
 *
 * @param options.pings Whether it has pings; what the client sends is received as "(ping)".
 */
export function createMemoryTransport(
  options: { readonly pings: boolean } = { pings: false },
): MemoryTransport {
  const connections: MemoryConnection[] = [];
  return {
    connections,
    last() {
      const connection = connections.at(-1);
      if (connection === undefined) throw new Error("nothing was attached yet");
      return connection;
    },
    open(handlers) {
      const { connection, discard } = createConnection(handlers);
      connections.push(connection);
      return {
        send: (data) => {
          connection.received.push(data);
        },
        ping: options.pings ? () => connection.received.push("(ping)") : undefined,
        writable: () => Promise.resolve(),
        discard,
      };
    },
  };
}

function createConnection(handlers: ConnectionHandlers): { connection: MemoryConnection; discard(): void } {
  let discarded = false;
  const output = (channel: number, payload: string | Uint8Array): void => {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    handlers.message(message);
  };
  const connection: MemoryConnection = {
    received: [],
    get discarded() {
      return discarded;
    },
    open: handlers.opened,
    stdout: (text) => output(1, text),
    stderr: (text) => output(2, text),
    text: (message) => handlers.message(typeof message === "string" ? message : JSON.stringify(message)),
    binary: handlers.message,
    dropped: handlers.dropped,
    ping: handlers.heard,
    close: (cause) =>
      handlers.closed(typeof cause === "number" ? { kind: "closed", code: cause, message: "" } : cause),
  };
  return {
    connection,
    discard() {
      discarded = true;
    },
  };
}
