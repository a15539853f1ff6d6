import type IsomorphicWebSocket from "isomorphic-ws";
import { answerPings } from "./pong.ts";
import { messageOf, refusalOf } from "./refusal.ts";
import type { SocketListener } from "./socket.ts";

/** A socket of the `ws` package. */
export type NodeSocket = InstanceType<typeof IsomorphicWebSocket>;

/** A replay is 256 KiB in one message; what is far larger is no BoxLite server's. */
const MAX_MESSAGE = 16 * 1024 * 1024;
/** How long `ws` waits for the server's close frame, in milliseconds, before it drops the socket. */
const CLOSE_TIMEOUT = 1_000;
const MAX_REFUSAL = 4096;

export const NODE_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE,
  closeTimeout: CLOSE_TIMEOUT,
  autoPong: false,
};

export function isNodeSocket(socket: object): socket is NodeSocket {
  return "on" in socket && "terminate" in socket;
}

/** `ws`: its own events spare an object per message, and only they tell the status of a refused upgrade. */
export function listenToNodeSocket(
  socket: NodeSocket,
  { handlers, headers, executionId }: SocketListener,
): void {
  let opened = false;
  let problem = "";
  if (executionId !== undefined) {
    socket.on("upgrade", (response) => {
      const id = response.headers["x-boxlite-execution-id"];
      if (typeof id === "string" && id !== "") executionId(id);
    });
  }
  socket.on("open", () => {
    opened = true;
    handlers.opened();
  });
  socket.on("message", (data, isBinary) => {
    // A Buffer, by the default `binaryType`.
    if (data instanceof Uint8Array) handlers.message(isBinary ? data : data.toString());
  });
  answerPings(socket);
  socket.on("ping", handlers.heard);
  socket.on("pong", handlers.heard);
  socket.on("unexpected-response", (request, response) => {
    let body = "";
    const refused = () => {
      request.destroy();
      const message = refusalOf(body, headers);
      handlers.closed({ kind: "refused", status: response.statusCode ?? 0, message });
    };
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body += text;
      if (body.length > MAX_REFUSAL) refused();
    });
    response.on("end", refused);
    response.on("error", refused);
  });
  socket.on("error", (error) => {
    problem = messageOf(error);
  });
  socket.on("close", (code, reason) => {
    if (opened) handlers.closed({ kind: "closed", code, message: reason.toString() || problem });
    else handlers.closed({ kind: "failed", message: problem });
  });
}
