import type { StatusProbe, StatusReport } from "../attach/status.ts";
import { BoxLiteError, NotFoundError } from "../errors/index.ts";
import type { Http } from "./http.ts";
import { Status } from "./schemas.ts";

/** Milliseconds that a probe may take: the reconnection waits for it. */
const PROBE_TIMEOUT = 5_000;

/** Asks for an execution's status on behalf of the pump: one request, no retry, and no failure but a report of it. */
export function createStatusProbe(http: Http, path: readonly string[]): StatusProbe {
  return async (signal) => {
    try {
      const call = {
        action: "Ask for the status",
        method: "GET",
        path,
        timeout: PROBE_TIMEOUT,
        signal,
      } as const;
      const { status, exit_code, error_message } = await http.json(call, Status);
      return toReport(status, exit_code ?? null, error_message ?? null);
    } catch (error) {
      return reportFailure(error);
    }
  };
}

function toReport(status: string, exitCode: number | null, message: string | null): StatusReport {
  switch (status) {
    case "running":
      return { kind: "running" };
    case "completed":
    case "killed":
    case "timed_out":
      return { kind: "terminal", status, exitCode, message };
    default:
      return {
        kind: "unavailable",
        message: `the server says status "${status}", which this client does not know`,
      };
  }
}

function reportFailure(error: unknown): StatusReport {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NotFoundError) return { kind: "gone", message };
  if (error instanceof BoxLiteError && (error.status === 401 || error.status === 403)) {
    return { kind: "denied", message, cause: error };
  }
  return { kind: "unavailable", message, cause: error };
}
