import type { ExecutionEvent } from "boxlite-web";
import { eventText, exitText } from "../../event-text.ts";

/** How something is coloured. */
export type Kind = "idle" | "good" | "warn" | "bad" | "note";

export interface ConnectionState {
  readonly kind: Kind;
  readonly text: string;
  /** Whether the connection carries output, as far as is known. Undefined: it is over. */
  readonly link: "up" | "down" | undefined;
}

/** What an event says of the connection's state, or undefined when it leaves it as it is. */
export function connectionState(event: ExecutionEvent): ConnectionState | undefined {
  switch (event.type) {
    case "connected":
      return { kind: "good", text: event.purpose === "drain" ? "draining" : "connected", link: "up" };
    case "disconnected":
      return { kind: "bad", text: "disconnected", link: "down" };
    case "reconnecting": {
      const delay = Math.round(event.delay);
      return { kind: "warn", text: `reconnecting in ${delay} ms, attempt ${event.attempt}`, link: "down" };
    }
    case "checking":
      return { kind: "warn", text: "silent: checking", link: "up" };
    case "checked":
      return event.alive ? { kind: "good", text: "connected", link: "up" } : undefined;
    case "exit": {
      const { exit } = event;
      const { outcome, exitCode } = exit;
      const text = outcome === "exited" ? `exited with code ${exitCode}` : exitText(exit);
      return { kind: exitCode === 0 ? "good" : "warn", text, link: undefined };
    }
    case "failed":
      return { kind: "bad", text: "failed", link: undefined };
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<ExecutionEvent["type"], Kind>> = {
  connected: "good",
  disconnected: "bad",
  reconnecting: "warn",
  woke: "note",
  status: "note",
  checking: "warn",
  checked: "note",
  verdict: "note",
  dropped: "bad",
  role: "note",
  "stdin-dropped": "bad",
  "stdin-doubtful": "warn",
  "server-message": "note",
  "unknown-frame": "note",
  exit: "good",
  failed: "bad",
};

/** An event as a line of the list. */
export function eventLine(event: ExecutionEvent): { readonly kind: Kind; readonly text: string } {
  return { kind: kindOf(event), text: eventText(event) };
}

function kindOf(event: ExecutionEvent): Kind {
  if (event.type === "verdict") return VERDICT_KINDS[event.verdict.kind];
  const kind = event.type === "exit" ? connectionState(event)?.kind : undefined;
  return kind ?? KINDS[event.type];
}

const VERDICT_KINDS = { exact: "good", provisional: "note", gap: "bad", ambiguous: "warn" } as const;
