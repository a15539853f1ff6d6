import * as v from "valibot";
import { fields, id, number, optional, text } from "./fields.ts";

/** What the server says of an execution. What it leaves out is absent. */
export interface ExecutionStatus {
  readonly status: "running" | "completed" | "killed" | "timed_out" | (string & {});
  /** As the server counts: negative for a signal. Absent while it runs. */
  readonly exitCode?: number;
  /** Why it ended unexpectedly. */
  readonly errorMessage?: string;
  /** ISO 8601. No server sends it today, nor `durationMs`. */
  readonly startedAt?: string;
  readonly durationMs?: number;
}

export const Started = fields({ execution_id: id });

export const Status = fields({
  status: text,
  exit_code: optional(v.pipe(v.number(), v.integer())),
  error_message: optional(text),
  started_at: optional(text),
  duration_ms: optional(number),
});
