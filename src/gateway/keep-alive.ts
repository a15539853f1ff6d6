import type { WebSocket } from "ws";

/** Milliseconds between pings, as the BoxLite servers have it. */
const PING_INTERVAL = 15_000;
/** After so many pings without any sign of life the page is gone, and holds the execution's only slot. */
const MAX_UNANSWERED = 3;

/** The part of a socket that is used. */
export type PingedSocket = Pick<WebSocket, "on" | "ping" | "terminate" | "readyState" | "OPEN">;

/** Pings a page: keeps proxies from closing a quiet connection, and finds out when it is dead. Returns what stops it. */
export function keepAlive(socket: PingedSocket): () => void {
  let unanswered = 0;
  const heard = () => {
    unanswered = 0;
  };
  socket.on("pong", heard);
  socket.on("message", heard);
  const timer = setInterval(() => {
    if (unanswered >= MAX_UNANSWERED) {
      socket.terminate();
      return;
    }
    unanswered += 1;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, PING_INTERVAL);
  return () => clearInterval(timer);
}
