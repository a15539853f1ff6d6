import { readSync } from "node:fs";
import type { TerminalDescriptor } from "./terminal-input.ts";

/** A terminal that others still write to is not read for ever: it holds a few KiB. */
const MOST = 1 << 20;

/**
 * Reads what a terminal still holds before it is closed. node-pty closes it 200 ms after its process has ended, read or not: on a
 * busy machine the end of the output was lost.
 *
 * @param onChunk Gets what node-pty does not hand out any more; what it has read itself still goes to its own listeners.
 */
export function readToTheEnd({ fd, _socket: socket }: TerminalDescriptor, onChunk: (chunk: Buffer) => void) {
  if (fd === undefined || socket === undefined) return;
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    if (!socket.destroyed) {
      while (socket.read() !== null);
      readRest(fd, onChunk);
    }
    return destroy(error);
  };
}

function readRest(fd: number, onChunk: (chunk: Buffer) => void): void {
  const buffer = Buffer.alloc(65_536);
  for (let total = 0; total < MOST; ) {
    let length = 0;
    try {
      length = readSync(fd, buffer);
    } catch {
      // Nothing is left, or nobody has its other side open.
    }
    if (length === 0) return;
    total += length;
    onChunk(Buffer.from(buffer.subarray(0, length)));
  }
}
