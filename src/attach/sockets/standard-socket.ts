import type { ConnectionHandlers } from "../transport.ts";
import type { WebSocketLike } from "./socket.ts";

/** @returns What says that it is open, for a socket that does not say so itself. */
export function listenToStandardSocket(socket: WebSocketLike, handlers: ConnectionHandlers): () => void {
  let opened = false;
  const open = () => {
    opened = true;
    handlers.opened();
  };
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", open);
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") handlers.message(data);
    else if (data instanceof ArrayBuffer) handlers.message(new Uint8Array(data));
  });
  socket.addEventListener("close", ({ code = 1006, reason = "" }) => {
    handlers.closed(opened ? { kind: "closed", code, message: reason } : { kind: "failed", message: reason });
  });
  // Its event says nothing; the close that follows is what counts.
  socket.addEventListener("error", () => {});
  return open;
}
