import type { WebSocket } from "ws";

/** Bytes under way above which a peer is not answered. */
const WINDOW = 64 * 1024;

/** Whether a peer reads what it is told: who does not would fill memory with answers. */
export function takesAnswers({ bufferedAmount }: Pick<WebSocket, "bufferedAmount">): boolean {
  return bufferedAmount < WINDOW;
}

/**
 * Answers the pings of a socket that was made with `autoPong: false`. By itself `ws` answers each: a peer that sends pings and reads
 * nothing would fill memory with the answers.
 */
export function answerPings(socket: Pick<WebSocket, "on" | "pong" | "bufferedAmount">): void {
  socket.on("ping", (data) => {
    if (takesAnswers(socket)) socket.pong(data);
  });
}
