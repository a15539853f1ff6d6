import type { TerminalStatus } from "./status.ts";

/**
 * How an execution ended. No code is ever made up: `exitCode` is what an exit frame or a terminal status said, or null.
 *
 * `outcome`:
 * - `exited`: the process returned `exitCode`, 0 to 255.
 * - `signaled`: a signal ended it; `signal` is its number, `exitCode` its negative (the servers' convention).
 * - `killed`: the server says that it was killed, or acknowledged a `kill()` and forgot the execution with its code.
 * - `timed_out`: the server says that its time was up. Today's servers report a timeout as `signaled` (15 or 9).
 * - `unknown`: it ended, but the server gave no code, or −1, which stands for SIGHUP and for "wait failed" alike.
 */
export interface ExecutionExit {
  readonly outcome: "exited" | "signaled" | "killed" | "timed_out" | "unknown";
  readonly exitCode: number | null;
  readonly signal: number | null;
  /** What said so: the exit frame behind the output, the status, or the acknowledged `kill()`. */
  readonly source: "exit-frame" | "status" | "kill";
  /**
   * True when the output was followed to its exit frame and no discontinuity was reported. False: output may be
   * missing, because the backlog could not be fetched or a place in it could not be joined.
   */
  readonly complete: boolean;
  /** Per stream, what was delivered of what the process wrote. */
  readonly delivered: { readonly stdout: Delivered; readonly stderr: Delivered };
  /** What the server said of an unexpected end. */
  readonly message: string | null;
}

/** What was delivered on a stream. */
export interface Delivered {
  readonly bytes: number;
  /**
   * Whether it is proved to be all that the process wrote, from its first byte to its last. Only a replay after the end can
   * show that, of an output that fits into the server's 256 KiB; see the option `verify`.
   */
  readonly proved: boolean;
}

/**
 * The honest form of an end. The servers' convention for `exitCode`: below −1 it is a signal's number, negative; −1
 * itself stands for two things and proves neither.
 */
export function endingOf(
  status: TerminalStatus["status"],
  exitCode: number | null,
): Pick<ExecutionExit, "outcome" | "exitCode" | "signal"> {
  const signal = exitCode !== null && exitCode < -1 ? -exitCode : null;
  if (status !== "completed") return { outcome: status, exitCode, signal };
  if (signal !== null) return { outcome: "signaled", exitCode, signal };
  return { outcome: exitCode === null || exitCode === -1 ? "unknown" : "exited", exitCode, signal };
}
