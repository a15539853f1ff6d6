import type { WebSocket } from "ws";
import { MESSAGE_COST } from "./page-queue.ts";

/** The sending side of a `ws` socket, whose `bufferedAmount` is what is kept, and not the bytes alone. */
export function countSends(socket: WebSocket) {
  let waiting = 0;
  const sent = () => {
    waiting -= 1;
  };
  return {
    bufferedAmount: () => socket.bufferedAmount + waiting * MESSAGE_COST,
    send(data: string | Uint8Array): void {
      waiting += 1;
      // Called for what fails, too.
      socket.send(data, sent);
    },
  };
}
