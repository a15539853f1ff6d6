import type { ExecutionExit } from "./exit.ts";
import type { OutputName } from "./frames.ts";
import type { Verdict } from "./replay/verdict.ts";
import type { Disconnect } from "./transport.ts";

/**
 * What happens to an execution's connection, for user interfaces and logs. Events carry no output and no credential;
 * durations are in milliseconds.
 *
 * `deadline` is when the server may end the process because nobody is attached to it, to be counted down: milliseconds since the
 * epoch, as `Date.now()` counts them. It is 5 minutes after the last sign of life on the connection (the server cannot have
 * noticed the cut before), so it is the earliest moment: a server may notice a cut 45 s later, looks every 30 s, and begins with
 * a SIGHUP. An operator can change the 5 minutes (`BOXLITE_RECONNECT_GRACE`), and does not tell. Null before the first
 * connection, and when the process has ended.
 */
export type ExecutionEvent =
  /** `attach` counts the connections that opened, from 1. `purpose` is `drain` when the process has already ended, `verify` when all is there and is compared. */
  | { readonly type: "connected"; readonly attach: number; readonly purpose: "follow" | "drain" | "verify" }
  | { readonly type: "disconnected"; readonly cause: Cause; readonly deadline: number | null }
  /**
   * The next attach comes after `delay`; the execution is given up when `budget` is spent and none succeeded. Time in which the
   * machine slept or timers were throttled is not counted.
   */
  | {
      readonly type: "reconnecting";
      readonly attempt: number;
      readonly delay: number;
      readonly budget: number;
      readonly purpose: "follow" | "drain" | "verify";
      readonly obstacle: Obstacle;
      readonly deadline: number | null;
    }
  /** The machine or the page slept for about `slept`: what has to be done comes at once. */
  | { readonly type: "woke"; readonly slept: number }
  /** What the status said after a disconnect or a silence. */
  | { readonly type: "status"; readonly status: string; readonly message: string | null }
  /** Nothing was heard for a while: the connection is checked. `alive` is null where nobody could be asked. */
  | { readonly type: "checking" }
  | { readonly type: "checked"; readonly alive: boolean | null }
  /**
   * What is known of a place where a replay joined what was delivered: `position` is the bytes delivered on the stream before
   * it. With `gap` and `ambiguous` it is a discontinuity. A `provisional` verdict is followed by another of the same place.
   */
  | {
      readonly type: "verdict";
      readonly stream: OutputName;
      readonly position: number;
      readonly verdict: Verdict;
    }
  /** A reader fell behind, with `overflow: "drop-oldest"`: between the first `position` bytes that it read and the next, `bytes` are missing. */
  | {
      readonly type: "dropped";
      readonly stream: OutputName;
      readonly position: number;
      readonly bytes: number;
    }
  /** Written to stdin while there was no connection, with `stdinWhileDisconnected: "drop"`: these bytes were not sent. */
  | { readonly type: "stdin-dropped"; readonly bytes: number }
  /**
   * The connection ended, and nothing was heard after the last `bytes` of stdin that were sent on it: they may have arrived, or
   * not. They are not sent again.
   */
  | { readonly type: "stdin-doubtful"; readonly bytes: number }
  /** An error frame: the server's words, e.g. on a signal that it does not allow. The connection goes on. */
  | { readonly type: "server-message"; readonly message: string; readonly code: string | null }
  /** A frame that this client does not know; it was ignored. */
  | { readonly type: "unknown-frame"; readonly detail: string }
  /** With `shared`: this tab holds the connection now, or follows the one that does. */
  | { readonly type: "role"; readonly role: "leader" | "follower" }
  | { readonly type: "exit"; readonly exit: ExecutionExit }
  | { readonly type: "failed"; readonly message: string };

/**
 * What keeps an execution from being attached to, as well as that can be told. A browser learns nothing of a refused upgrade:
 * there it follows from what the status says.
 *
 * - `cut`: a connection ended. Nothing else is known to be wrong.
 * - `slot-taken`: the one attach that the server allows is taken (409): by the connection that was cut, for up to 45 s or
 *   longer, or by another client. In a browser: probably, for the status could be had, but two connections in a row failed.
 * - `refused`: the server refused the attach with another status.
 * - `blocked`: the status can be had, but no connection opens.
 * - `unreachable`: neither can be had.
 *
 * That it is gone or not allowed is no obstacle, but the end: a {@link NotFoundError} or an {@link AuthenticationError}.
 */
export type Obstacle = "cut" | "slot-taken" | "refused" | "blocked" | "unreachable";

/**
 * Why there is no connection: what the transport said, or
 *
 * - `unanswered`: the handshake was not answered within `after`.
 * - `silent`: nothing was heard for `after`, nor was a ping or a probe answered.
 * - `slept`: nothing was heard for `after`, in which the machine slept, and the connection cannot be asked.
 * - `no-exit-frame`: the process has ended, but its exit frame did not come.
 */
export type Cause =
  | Disconnect
  | { readonly kind: "unanswered"; readonly after: number }
  | { readonly kind: "silent"; readonly after: number }
  | { readonly kind: "slept"; readonly after: number }
  | { readonly kind: "no-exit-frame" };

/** A cause as half a sentence, for logs and messages. */
export function describeCause(cause: Cause): string {
  switch (cause.kind) {
    case "refused":
      return `the attach was refused with ${cause.status}${inBrackets(cause.message)}`;
    case "closed":
      return `the connection was closed with code ${cause.code}${inBrackets(cause.message)}`;
    case "failed":
      return `the connection could not be opened${inBrackets(cause.message)}`;
    case "unanswered":
      return `the handshake was not answered within ${seconds(cause.after)}`;
    case "silent":
      return `nothing was heard for ${seconds(cause.after)}, nor was a ping or a probe answered`;
    case "slept":
      return `nothing was heard for ${seconds(cause.after)}, in which the machine slept`;
    case "no-exit-frame":
      return "the process has ended, but its exit frame did not come";
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 10) / 100} s`;
}

function inBrackets(message: string): string {
  return message === "" ? "" : ` (${message})`;
}
