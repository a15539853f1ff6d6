import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { memoryInUse } from "../support/memory-in-use.ts";

/** A client on the bare socket, which does what no client should: it sends by halves, and never closes its end. */
export interface RawClient {
  readonly socket: Socket;
  /** What came so far. */
  readonly received: string;
  /** The server has said its last. */
  readonly ended: Promise<void>;
  /** The connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
}

/** @param text Sent at once. */
export async function connectRaw(url: string, text = ""): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  const ended = new Promise<void>((resolve) => {
    socket.once("end", resolve);
    socket.once("close", () => resolve());
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  socket.write(text);
  return {
    socket,
    get received() {
      return received;
    },
    ended,
    closed,
  };
}

/** The bytes of an upgrade. */
export function upgradeOf(url: string, path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: new URL(url).host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A frame as a client sends it: masked, with a key of zeros. Payloads up to 65,535 bytes. */
export function clientFrame(opcode: number, payload: string | Uint8Array, last = true): Buffer {
  const bytes = Buffer.from(payload);
  const short = bytes.length < 126;
  const head = Buffer.alloc(short ? 6 : 8);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (short ? bytes.length : 126);
  if (!short) head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

/** Looks at the memory in a flood. */
const LOOKS = 10;

/**
 * Writes so many pieces, as fast as the other side takes them, or until the connection is gone. Resolves with the bytes by which
 * this process grew meanwhile, at most.
 */
export async function flood({ socket, closed }: RawClient, piece: Buffer, times: number): Promise<number> {
  const before = memoryInUse();
  let most = before;
  let gone = false;
  void closed.then(() => {
    gone = true;
  });
  for (let sent = 1; sent <= times && !gone; sent += 1) {
    if (!socket.write(piece)) {
      const drained = new Promise<void>((resolve) => socket.once("drain", resolve));
      await Promise.race([drained, closed]);
    }
    if (sent % Math.ceil(times / LOOKS) === 0) most = Math.max(most, memoryInUse());
  }
  return most - before;
}
