/** What `GET …/executions/{id}` can tell the pump. */
export type StatusReport =
  | { readonly kind: "running" }
  | TerminalStatus
  /** 404 or 410: unknown, evicted (5 minutes after the end), killed through the API, or the server was restarted. */
  | { readonly kind: "gone"; readonly message: string }
  /** 401 or 403. */
  | { readonly kind: "denied"; readonly message: string; readonly cause?: unknown }
  /** Nothing is known: the server could not be asked, or its answer was not one. */
  | { readonly kind: "unavailable"; readonly message: string; readonly cause?: unknown };

/** The process has ended. Today's servers only say `completed`; the contract also names `killed` and `timed_out`. */
export interface TerminalStatus {
  readonly kind: "terminal";
  readonly status: "completed" | "killed" | "timed_out";
  readonly exitCode: number | null;
  /** What the server says of an unexpected end (the runner's `error_message`). */
  readonly message: string | null;
}

/** Asks for the status. Ends by itself within a few seconds. A rejection is taken as `unavailable`. */
export type StatusProbe = (signal: AbortSignal) => Promise<StatusReport>;
