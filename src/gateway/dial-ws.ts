import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { answerPings } from "../attach/sockets/pong.ts";
import { countSends } from "./counted-sends.ts";
import type { Dial } from "./relay.ts";

/** A replay is 256 KiB in one message; what is far larger is no BoxLite server's. */
const MAX_MESSAGE = 16 * 1024 * 1024;
/** Milliseconds for the server's answer to the upgrade. */
const HANDSHAKE_TIMEOUT = 15_000;
/** Milliseconds that a close frame waits for its answer, before the socket is dropped. */
const CLOSE_TIMEOUT = 1_000;
const MAX_REFUSAL = 64 * 1024;

/** Opens the server's end with the `ws` package: Node, Deno and Bun have it, and it tells the status of a refused upgrade. */
export const dialWebSocket: Dial = (url, headers, handlers, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const options = {
      headers: Object.fromEntries(headers),
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      closeTimeout: CLOSE_TIMEOUT,
      autoPong: false,
    };
    const socket = new WebSocket(url.replace(/^http/, "ws"), options);
    answerPings(socket);
    const abort = () => socket.terminate();
    signal.addEventListener("abort", abort);
    let answer: Headers | undefined;
    socket.on("upgrade", (response) => {
      answer = headersOf(response);
    });
    socket.on("open", () => {
      signal.removeEventListener("abort", abort);
      const sends = countSends(socket);
      resolve({
        kind: "open",
        headers: answer ?? new Headers(),
        socket: {
          get bufferedAmount() {
            return sends.bufferedAmount();
          },
          send: sends.send,
          close: (code, reason) => socket.close(code, reason),
          terminate: () => socket.terminate(),
        },
      });
    });
    socket.on("message", (data, isBinary) => {
      // A Buffer, by the default `binaryType`.
      if (data instanceof Uint8Array) handlers.message(isBinary ? data : data.toString());
    });
    socket.on("unexpected-response", (request, response) => {
      const done = (body: string) => {
        request.destroy();
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 599) reject(new Error(`status ${status}`));
        else resolve({ kind: "refused", response: responseOf(status, headersOf(response), body) });
      };
      readBody(response, done);
    });
    socket.on("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
    socket.on("close", (code, reason) => handlers.closed(code, reason.toString()));
  });

function readBody(response: IncomingMessage, done: (body: string) => void): void {
  let body = "";
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    body += text;
    if (body.length > MAX_REFUSAL) done(body);
  });
  response.on("end", () => done(body));
  response.on("error", () => done(body));
}

function responseOf(status: number, headers: Headers, body: string): Response {
  return new Response(status === 204 || status === 205 || status === 304 ? null : body, { status, headers });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return all;
}
