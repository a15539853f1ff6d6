import type { IncomingMessage, ServerResponse } from "node:http";
import { answerRequest } from "./answer.ts";
import { keptHeaders, requestTarget, unreachable } from "./target.ts";

/**
 * Passes a plain request on to the target and its answer back, both as streams. The connection to the target
 * ends when the client's does, and the other way round. Resolves when the one to the target is closed.
 */
export function relayRequest(target: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const outgoing = requestTarget(target, request, false);
  outgoing.on("response", (answer) => {
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, keptHeaders(answer.rawHeaders));
    // Headers must not wait for a body that may come much later.
    response.flushHeaders();
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  outgoing.on("error", (error) => {
    // After an answer has begun, its own end or error says all: a target may refuse a body without reading it to the end.
    if (response.headersSent || response.destroyed) return;
    answerRequest(response, { status: 502, body: unreachable(target, error) });
  });
  response.on("close", () => outgoing.destroy());
  request.pipe(outgoing);
  return new Promise((resolve) => {
    outgoing.on("close", () => {
      // A target may answer without reading the whole body. The client sends the rest of it all the same.
      request.resume();
      resolve();
    });
  });
}
