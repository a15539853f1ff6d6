import WebSocket from "ws";
import { startAttachServer } from "./attach-server.ts";
import { startGateway, until } from "./setting.ts";

export interface Load {
  readonly attaches: number;
  /** Milliseconds until all were open at once. */
  readonly opening: number;
  /** Milliseconds until each had had its output, and the server its stdin. */
  readonly passing: number;
  /** Bytes of output in all. */
  readonly bytes: number;
  /** Bytes of memory for each: of the gateway, and of the page and the server that are played in the same process. */
  readonly memory: number;
  /** Pages that got another's output, or not all of their own. */
  readonly wrong: number;
}

/** A page's own output, in frames of one stream: every byte of it is its number. The gateway may join them. */
const ROUNDS = 16;
const CHUNK = 1024;

/** So many attaches at once through one gateway: opens them, has each echo and be sent to, and closes them. */
export async function loadGateway(attaches: number): Promise<Load> {
  await using server = await startAttachServer();
  await using gateway = await startGateway({ target: server.url });
  const serve = async () => {
    for (let served = 0; served < attaches; served += 1) {
      const connection = await server.connection();
      // The page says its number; its output is made of it.
      connection.on("message", (data) => {
        const chunk = Buffer.alloc(1 + CHUNK, Number(data) % 256);
        chunk[0] = 1;
        for (let round = 0; round < ROUNDS; round += 1) connection.send(chunk);
      });
    }
  };
  const before = memory();
  let started = performance.now();
  const pages: { socket: WebSocket; opened: boolean; bytes: number; wrong: boolean }[] = [];
  for (let number = 0; number < attaches; number += 1) {
    const url = `${gateway.url.replace("http", "ws")}/api/v1/boxes/b/executions/e${number}/attach`;
    const socket = new WebSocket(url, ["boxlite-gateway.v1"], {
      origin: gateway.url,
      perMessageDeflate: false,
    });
    const page = { socket, opened: false, bytes: 0, wrong: false };
    pages.push(page);
    socket.on("error", () => {
      page.wrong = true;
    });
    socket.on("message", (data, isBinary) => {
      if (!isBinary) {
        page.opened = true;
        return;
      }
      const payload = data instanceof Buffer && data[0] === 1 ? data.subarray(1) : Buffer.alloc(0);
      page.wrong ||= payload.length === 0 || payload.some((byte) => byte !== number % 256);
      page.bytes += payload.length;
    });
  }
  await Promise.all([serve(), until(() => pages.every(({ opened, wrong }) => opened || wrong))]);
  const opening = performance.now() - started;
  const open = server.open;
  const used = memory() - before;
  started = performance.now();
  for (const [number, { socket }] of pages.entries()) socket.send(String(number));
  await until(() => pages.every(({ bytes, wrong }) => wrong || bytes === ROUNDS * CHUNK));
  const passing = performance.now() - started;
  for (const { socket } of pages) socket.close();
  await until(() => server.open === 0);
  return {
    attaches: open,
    opening,
    passing,
    bytes: pages.reduce((sum, { bytes }) => sum + bytes, 0),
    memory: used / attaches,
    wrong: pages.filter(({ wrong }) => wrong).length,
  };
}

function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
