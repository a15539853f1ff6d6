import type { WebSocket } from "ws";

/** What a message that waits costs beside its bytes, roughly: the smallest are a few bytes, and objects all the same. */
const MESSAGE_COST = 512;

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
