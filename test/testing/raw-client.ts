import { connect, type Socket } from "node:net";

/** A client of an upgrade that shows every byte it gets. */
export interface RawClient {
  readonly socket: Socket;
  /** The head of the answer; undefined until it is complete. */
  readonly head: string | undefined;
  /** What came after the head. */
  readonly body: Buffer;
  /** All bytes so far, with the head, counted without joining them. */
  readonly received: number;
  /** How the connection stands: `fin` after an orderly end, `rst` after a reset. */
  readonly state: "open" | "fin" | "rst";
  /**
   * Resolves when `condition` holds; it is looked at whenever something happened. Rejects when nothing more
   * can happen.
   */
  until(condition: () => boolean): Promise<void>;
  /** Resolves when the other side has ended or reset the connection. */
  ended(): Promise<void>;
  /** Resolves when it turns out that the other side has reset the connection. */
  reset(): Promise<void>;
}

const BLANK_LINE = "\r\n\r\n";

/** Connects and asks for an upgrade of `path`. */
export function connectRaw(
  url: string,
  path = "/attach",
  headers: Readonly<Record<string, string>> = {},
): RawClient {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const lines = Object.entries({
    Host: host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": Buffer.from("0123456789abcdef").toString("base64"),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);

  const chunks: Buffer[] = [];
  let state: RawClient["state"] = "open";
  const waiting = new Set<() => void>();

  function changed(): void {
    for (const look of [...waiting]) look();
  }
  function all(): Buffer {
    if (chunks.length > 1) chunks.push(Buffer.concat(chunks.splice(0)));
    return chunks[0] ?? Buffer.alloc(0);
  }
  function headEnd(): number {
    return all().indexOf(BLANK_LINE);
  }

  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    changed();
  });
  socket.on("end", () => {
    if (state === "open") state = "fin";
    changed();
  });
  socket.on("error", () => {
    state = "rst";
    changed();
  });
  socket.on("close", changed);

  function until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      function look(): void {
        if (!condition() && !socket.destroyed) return;
        waiting.delete(look);
        if (condition()) resolve();
        else reject(new Error(`The connection is closed (${state}) and ${condition} does not hold.`));
      }
      waiting.add(look);
      look();
    });
  }

  function ended(): Promise<void> {
    return until(() => state !== "open");
  }

  return {
    socket,
    get head() {
      return headEnd() < 0 ? undefined : all().toString("latin1", 0, headEnd());
    },
    get body() {
      return headEnd() < 0 ? Buffer.alloc(0) : all().subarray(headEnd() + BLANK_LINE.length);
    },
    get received() {
      return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    },
    get state() {
      return state;
    },
    until,
    ended,
    async reset() {
      await ended();
      // Node takes a reset that comes together with bytes for an end. Only a write then shows that nobody is left.
      if (state === "fin") socket.write("probe");
      await until(() => state === "rst");
    },
  };
}
