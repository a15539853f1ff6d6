import type { Cause, ExecutionEvent, ExecutionExit, OutputName, Verdict } from "boxlite-web";

/** One line for one event of an execution's connection. */
export function eventText(event: ExecutionEvent): string {
  switch (event.type) {
    case "connected":
      return `connected, attach ${event.attach}${PURPOSES[event.purpose]}`;
    case "disconnected":
      return `disconnected: ${causeText(event.cause)}`;
    case "reconnecting":
      return `reconnecting in ${Math.round(event.delay)} ms, attempt ${event.attempt}`;
    case "woke":
      return `woke after ${Math.round(event.slept / 1000)} s`;
    case "status":
      return `status: ${event.status}${event.message === null ? "" : ` (${event.message})`}`;
    case "checking":
      return "nothing heard: checking the connection";
    case "checked":
      return `checked: ${event.alive === null ? "nobody could be asked" : event.alive ? "alive" : "dead"}`;
    case "verdict":
      return `${event.stream} at byte ${event.position}: ${verdictText(event.verdict)}`;
    case "dropped":
      return `${event.stream} at byte ${event.position}: ${event.bytes} bytes dropped, the reader fell behind`;
    case "stdin-dropped":
      return `stdin: ${event.bytes} bytes dropped, not connected`;
    case "stdin-doubtful":
      return `stdin: ${event.bytes} bytes may not have arrived`;
    case "server-message":
      return `server: ${event.message}`;
    case "unknown-frame":
      return `unknown frame ignored: ${event.detail}`;
    case "role":
      return event.role === "leader" ? "this tab leads" : "another tab leads";
    case "exit":
      return `exit: ${exitText(event.exit)}`;
    case "failed":
      return `failed: ${event.message}`;
  }
}

const PURPOSES = { follow: "", drain: ", to fetch the rest", verify: ", to compare" } as const;

/** What is known of a place where a replay joined. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "exact":
      return `exact, by ${verdict.proof}`;
    case "provisional":
      return "fits, not proved yet";
    case "gap":
      return verdict.missing === 0 ? "bytes are missing" : `at least ${verdict.missing} bytes are missing`;
    case "ambiguous":
      return verdict.policy === "repeat" ? "ambiguous, repeated" : "ambiguous, not repeated";
  }
}

/** What is to be seen in the output itself, and where: that its bytes do not follow one another there. */
export function outputMark(
  event: ExecutionEvent,
): { readonly stream: OutputName; readonly position: number; readonly text: string } | undefined {
  const shown =
    event.type === "dropped" ||
    (event.type === "verdict" && (event.verdict.kind === "gap" || event.verdict.kind === "ambiguous"));
  return shown ? { stream: event.stream, position: event.position, text: eventText(event) } : undefined;
}

export function exitText(exit: ExecutionExit): string {
  switch (exit.outcome) {
    case "exited":
      return `code ${exit.exitCode}`;
    case "signaled":
      return `ended by signal ${exit.signal}`;
    case "killed":
      return "killed";
    case "timed_out":
      return "time was up";
    case "unknown":
      return "ended; the server does not say how";
  }
}

function causeText(cause: Cause): string {
  switch (cause.kind) {
    case "refused":
      return `HTTP ${cause.status}${inBrackets(cause.message)}`;
    case "closed":
      return `closed with ${cause.code}${inBrackets(cause.message)}`;
    case "failed":
      return `could not be opened${inBrackets(cause.message)}`;
    case "unanswered":
      return `no answer within ${cause.after / 1000} s`;
    case "silent":
      return `silent for ${cause.after / 1000} s`;
    case "slept":
      return `slept over, ${Math.round(cause.after / 1000)} s`;
    case "no-exit-frame":
      return "ended without an exit frame";
  }
}

function inBrackets(message: string): string {
  return message === "" ? "" : ` (${message})`;
}
