import type { Duplex } from "node:stream";

/** Milliseconds that a client whose upgrade was refused has to close its end. */
const LINGER = 5_000;

/** Answers an upgrade that is refused on its socket, and ends it. What else the client sends is of no interest. */
export function endUpgrade(socket: Duplex, answer: string | Uint8Array): void {
  socket.end(answer);
  socket.resume();
  if (socket.destroyed) return;
  // Its end is of interest, and one that does not come is not waited for.
  const patience = setTimeout(() => socket.destroy(), LINGER);
  socket.once("close", () => clearTimeout(patience));
}
