import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { exitFrame, mebibyteOf, stdoutFrame } from "./frames.ts";

/**
 * The server that clients are measured against: it speaks the attach protocol and answers the few requests that go with it, from
 * what was made ahead, so that it is not what is waited for. An execution's id says what it does, e.g. `feed_256_1024_7`, so that a
 * bare socket can have the same without a request.
 *
 * - `feed_<MiB>_<bytes per frame>`: as much output, as fast as it is taken, and the exit
 * - `nothing`: a line of six bytes, and the exit
 * - `idle`: no output, no end
 * - `lines_<ms>`: a numbered line every so often, without end; a new attach is sent all of them again, as one frame
 */
export interface Feeder {
  readonly url: string;
  /** Attaches that opened, and those that were refused because another has the slot, by the time (`Date.now()`). */
  readonly log: { readonly opened: number[]; readonly refused: number[] };
  /** Writes a frame of output to whoever is attached to an execution of that name. */
  write(name: string, output: Uint8Array): void;
  /** Cuts all connections without a close frame; the slots are free after so many milliseconds. */
  cut(slotsFreeAfter: number): void;
  close(): void;
}

/** @param files Served to pages, by path. */
export async function startFeeder(files: Readonly<Record<string, string>> = {}): Promise<Feeder> {
  const http = createServer(answer);
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const log: Feeder["log"] = { opened: [], refused: [] };
  const blocks = new Map<number, Buffer>();
  const slots = new Map<string, WebSocket>();
  /** Sockets that were cut, and whose slot is not free yet. */
  const kept = new Set<WebSocket>();
  const raws = new Map<string, Duplex>();
  const started = new Map<string, number>();
  let count = 0;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = "/", method } = request;
    const say = (code: number, type: string, body: string) =>
      response.writeHead(code, { "content-type": type }).end(body);
    const file = files[url];
    if (file !== undefined) {
      say(200, url === "/" ? "text/html" : "text/javascript", readFileSync(file, "utf8"));
    } else if (method === "POST" && url.endsWith("/exec")) {
      let body = "";
      request.on("data", (text) => {
        body += text;
      });
      request.on("end", () => {
        count += 1;
        const { command, args } = JSON.parse(body);
        say(201, "application/json", JSON.stringify({ execution_id: [command, ...args, count].join("_") }));
      });
    } else if (url.includes("/executions/")) {
      const execution_id = url.split("/").at(-1);
      say(200, "application/json", JSON.stringify({ execution_id, status: "running" }));
    } else say(200, "application/json", JSON.stringify(BOX));
  }

  http.on("upgrade", (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    const id = request.url?.split("/").at(-2) ?? "";
    raw.on("error", () => {});
    if (slots.has(id)) {
      log.refused.push(Date.now());
      raw.end("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    upgrades.handleUpgrade(request, raw, head, (socket) => {
      log.opened.push(Date.now());
      slots.set(id, socket);
      raws.set(id, raw);
      socket.on("close", () => {
        if (raws.get(id) === raw) raws.delete(id);
        if (slots.get(id) === socket && !kept.has(socket)) slots.delete(id);
      });
      serve(id, socket, raw);
    });
  });

  function serve(id: string, socket: WebSocket, raw: Duplex): void {
    const [command, first, second] = id.split("_");
    if (command === "feed") void feed(Number(first), Number(second), socket, raw);
    else if (command === "nothing") {
      raw.write(stdoutFrame(Buffer.from("hello\n")));
      end(socket, raw);
    } else if (command === "lines") sendLines(id, Number(first), socket, raw);
  }

  async function feed(mebibytes: number, frameBytes: number, socket: WebSocket, raw: Duplex): Promise<void> {
    const block = blocks.get(frameBytes) ?? mebibyteOf(frameBytes);
    blocks.set(frameBytes, block);
    const gone = new AbortController();
    socket.on("close", () => gone.abort());
    for (let left = mebibytes; left > 0 && !raw.destroyed; left -= 1) {
      if (!raw.write(block)) await once(raw, "drain", { signal: gone.signal }).catch(() => {});
    }
    end(socket, raw);
  }

  function sendLines(id: string, every: number, socket: WebSocket, raw: Duplex): void {
    const start = started.get(id) ?? Date.now();
    started.set(id, start);
    let sent = 0;
    const send = () => {
      let lines = "";
      for (; sent < (Date.now() - start) / every; sent += 1) lines += `line ${sent}\n`;
      if (lines !== "") raw.write(stdoutFrame(Buffer.from(lines)));
    };
    send();
    const timer = setInterval(send, every);
    socket.on("close", () => clearInterval(timer));
  }

  await new Promise<void>((resolve) => http.listen({ port: 0, host: "127.0.0.1", backlog: 8_192 }, resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    log,
    write(name, output) {
      for (const [id, raw] of raws) if (id.startsWith(name)) raw.write(stdoutFrame(output));
    },
    cut(slotsFreeAfter) {
      for (const [id, socket] of slots) {
        if (slotsFreeAfter > 0) {
          kept.add(socket);
          setTimeout(() => {
            kept.delete(socket);
            slots.delete(id);
          }, slotsFreeAfter);
        }
        socket.terminate();
      }
    },
    close() {
      for (const socket of upgrades.clients) socket.terminate();
      http.closeAllConnections();
      http.close();
    },
  };
}

function end(socket: WebSocket, raw: Duplex): void {
  raw.write(exitFrame());
  socket.close(1000);
}

const BOX = {
  ...{ box_id: "b", status: "running", image: "alpine:latest", cpus: 1, memory_mib: 512 },
  ...{ created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" },
};
