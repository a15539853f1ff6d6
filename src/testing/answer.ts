import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./faults.ts";
import { keptHeaders } from "./target.ts";

/** The bytes of a status line and headers. `headers` is flat: name, value, name, value. */
export function responseHead(
  status: number,
  message: string | undefined,
  headers: readonly string[],
): Buffer {
  let head = `HTTP/1.1 ${status} ${message || (STATUS_CODES[status] ?? "")}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}

function answerHeaders(answer: Answer, length: number): string[] {
  const given = Object.entries(answer.headers ?? {});
  const headers = given.flat();
  if (!given.some(([name]) => name.toLowerCase() === "content-type")) {
    headers.push("Content-Type", "text/plain; charset=utf-8");
  }
  headers.push("Content-Length", String(length), "Connection", "close");
  return headers;
}

/** Answers an upgrade on its socket, and ends it. */
export function answerUpgrade(socket: Socket, answer: Answer): void {
  const body = Buffer.from(answer.body ?? "");
  socket.write(responseHead(answer.status, undefined, answerHeaders(answer, body.length)));
  socket.end(body);
}

/** Answers a plain request. */
export function answerRequest(response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body ?? "");
  response.writeHead(answer.status, answerHeaders(answer, body.length));
  response.end(body);
}

const TRANSFER_ENCODING: ReadonlySet<string> = new Set(["transfer-encoding"]);

/**
 * Relays the target's answer to an upgrade that it did not accept. The end of the connection marks the end
 * of the body.
 */
export function relayRefusal(socket: Socket, response: IncomingMessage): void {
  const headers = keptHeaders(response.rawHeaders, TRANSFER_ENCODING);
  headers.push("Connection", "close");
  socket.write(responseHead(response.statusCode ?? 502, response.statusMessage, headers));
  response.on("error", () => socket.destroy());
  response.pipe(socket);
}
