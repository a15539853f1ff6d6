import type { ExecutionExit } from "./exit.ts";
import type { OutputName } from "./frames.ts";
import type { Verdict } from "./replay/verdict.ts";
import type { Disconnect } from "./transport.ts";

/**
 * What happens to an execution's connection, for user interfaces and logs. Events carry no output and no credential;
 * durations are in milliseconds.
 */
export type ExecutionEvent =
  /** `attach` counts the connections that opened, from 1. `purpose` is `drain` when the process has already ended, `verify` when all is there and is compared. */
  | { readonly type: "connected"; readonly attach: number; readonly purpose: "follow" | "drain" | "verify" }
  | { readonly type: "disconnected"; readonly cause: Cause }
  /** The next attach comes after `delay`; the execution is given up `budget` from now if none succeeds. */
  | {
      readonly type: "reconnecting";
      readonly attempt: number;
      readonly delay: number;
      readonly budget: number;
      readonly purpose: "follow" | "drain" | "verify";
    }
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
  /** An error frame: the server's words, e.g. on a signal that it does not allow. The connection goes on. */
  | { readonly type: "server-message"; readonly message: string; readonly code: string | null }
  /** A frame that this client does not know; it was ignored. */
  | { readonly type: "unknown-frame"; readonly detail: string }
  /** With `shared`: this tab holds the connection now, or follows the one that does. */
  | { readonly type: "role"; readonly role: "leader" | "follower" }
  | { readonly type: "exit"; readonly exit: ExecutionExit }
  | { readonly type: "failed"; readonly message: string };

/**
 * Why there is no connection: what the transport said, or
 *
 * - `unanswered`: the handshake was not answered within `after`.
 * - `silent`: nothing was heard for `after`, nor was a probe answered.
 * - `no-exit-frame`: the process has ended, but its exit frame did not come.
 */
export type Cause =
  | Disconnect
  | { readonly kind: "unanswered"; readonly after: number }
  | { readonly kind: "silent"; readonly after: number }
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
      return `the handshake was not answered within ${cause.after / 1000} s`;
    case "silent":
      return `nothing was heard for ${cause.after / 1000} s, nor was a probe answered`;
    case "no-exit-frame":
      return "the process has ended, but its exit frame did not come";
  }
}

function inBrackets(message: string): string {
  return message === "" ? "" : ` (${message})`;
}
