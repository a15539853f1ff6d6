import type { ExecutionExit, OutputName } from "boxlite-web";
import type { Measured, Recording } from "./recording.ts";

/** What the reader of a stream has got. `sha256` is null when it was too much to keep. */
export interface Received {
  readonly bytes: number;
  readonly sha256: string | null;
}

export interface StreamVerdict {
  readonly verdict: "identical" | "differs" | "cannot be compared";
  /** One sentence where the verdict alone does not say it. */
  readonly reason: string;
  readonly received: Received;
  readonly written: Measured | null;
}

/**
 * Compares what arrived with what the process wrote.
 *
 * @param recording What the process wrote, or the sentence that says why that is not known.
 */
export function compare(
  received: Readonly<Record<OutputName, Received>>,
  recording: Recording | string,
  exit: ExecutionExit | undefined,
): Record<OutputName, StreamVerdict> {
  const judge = (name: OutputName) =>
    typeof recording === "string"
      ? unknown(received[name], null, recording)
      : compareStream(received[name], recording[name], exit);
  return { stdout: judge("stdout"), stderr: judge("stderr") };
}

function compareStream(
  received: Received,
  written: Measured,
  exit: ExecutionExit | undefined,
): StreamVerdict {
  if (received.sha256 === null) return unknown(received, written, "more was received than is kept here");
  if (received.sha256 === written.sha256) return { verdict: "identical", reason: "", received, written };
  // SIGKILL ends the recorder, too, between writing a piece to the one side and to the other.
  if (exit === undefined || exit.outcome === "killed" || exit.signal !== null) {
    return unknown(received, written, "the command was stopped before its output was recorded to the end");
  }
  const difference = written.bytes - received.bytes;
  const reason =
    difference > 0
      ? `${difference} bytes fewer arrived than were written`
      : difference < 0
        ? `${-difference} bytes more arrived than were written`
        : "as many bytes, but not the same";
  // The servers drop output for a client that does not keep up, and leave no mark: nobody can report that.
  const said = exit.complete ? "; nothing on the wire told of it" : ", as the client has reported";
  return { verdict: "differs", reason: reason + said, received, written };
}

function unknown(received: Received, written: Measured | null, reason: string): StreamVerdict {
  return { verdict: "cannot be compared", reason, received, written };
}
