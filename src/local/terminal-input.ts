import { writeSync } from "node:fs";
import { type Duplex, Writable } from "node:stream";

/** What of a terminal of node-pty's is used here, where terminals are descriptors. */
export interface TerminalDescriptor {
  readonly fd?: number;
  /** Closes the descriptor when it is destroyed: from then on that may be another file's. */
  readonly _socket?: Pick<Duplex, "destroyed" | "destroy" | "read">;
}

/** Milliseconds until a terminal that was full is tried again, at first and at most: it tells nobody that it has been read. */
const RETRY = 5;
const SLOWEST_RETRY = 100;

/**
 * A stream into a terminal. Writing through node-pty stands still, and the whole process with it, while the terminal is full, until
 * somebody reads it. Undefined where there is no descriptor.
 */
export function createTerminalInput({ fd, _socket: socket }: TerminalDescriptor): Writable | undefined {
  if (fd === undefined || socket === undefined) return undefined;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      let at = 0;
      let wait = RETRY;
      const step = () => {
        try {
          while (at < chunk.length && !socket.destroyed) {
            at += writeSync(fd, chunk, at);
            wait = RETRY;
          }
        } catch (error) {
          if (isFull(error)) {
            setTimeout(step, wait);
            wait = Math.min(wait * 2, SLOWEST_RETRY);
            return;
          }
          // The terminal has gone with its process: what is typed then goes nowhere, as on any.
        }
        done();
      };
      step();
    },
  });
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
