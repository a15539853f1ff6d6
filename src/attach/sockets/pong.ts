import type { WebSocket } from "ws";

/** Bytes under way above which pings are not answered. */
const WINDOW = 64 * 1024;

/**
 * Answers the pings of a socket that was made with `autoPong: false`. By itself `ws` answers each: a peer that sends pings and reads
 * nothing would fill memory with the answers.
 */
export function answerPings(socket: Pick<WebSocket, "on" | "pong" | "bufferedAmount">): void {
  socket.on("ping", (data) => {
    if (socket.bufferedAmount < WINDOW) socket.pong(data);
  });
}
