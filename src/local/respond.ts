import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { endUpgrade } from "../gateway/refused-upgrade.ts";
import type { Dialect } from "./dialect.ts";
import type { Answer, TextAnswer } from "./refusal.ts";

/** Resolves when the answer is sent, or the connection gone. */
export async function respond(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  dialect: Dialect,
): Promise<void> {
  response.writeHead(answer.status, answerHeaders(answer, request, dialect));
  if (answer.body instanceof ReadableStream) {
    // Sends what comes, as fast as the client takes it. When one side fails, the other is cut.
    await pipeline(answer.body, response).catch(() => {});
  } else {
    response.end(answer.body);
  }
}

function answerHeaders(answer: Answer, request: IncomingMessage, dialect: Dialect): Record<string, string> {
  const headers: Record<string, string> = { ...answer.headers };
  const { body = "" } = answer;
  // A stream is sent in chunks: without their end, it is known to be cut.
  if (answer.status !== 204 && typeof body === "string") {
    headers["Content-Length"] = String(Buffer.byteLength(body));
  }
  if (answer.type !== undefined) headers["Content-Type"] = answer.type;
  if (dialect === "serve")
    headers["X-Request-Id"] = request.headers["x-request-id"]?.toString() ?? randomUUID();
  return headers;
}

/** Before an upgrade there is no response yet: the answer is written by hand, and ends the connection. */
export function respondRaw(
  socket: Duplex,
  answer: TextAnswer,
  request: IncomingMessage,
  dialect: Dialect,
): void {
  const headers = Object.entries({ ...answerHeaders(answer, request, dialect), Connection: "close" });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  endUpgrade(
    socket,
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${head}\r\n${answer.body ?? ""}`,
  );
}
