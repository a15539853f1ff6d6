import type { StatusProbe, StatusReport } from "../attach/status.ts";
import { BoxLiteError, NotFoundError } from "../errors/index.ts";
import type { Http } from "../rest/http.ts";
import { Status } from "../wire/execution.ts";

/** Milliseconds that a probe may take: the reconnection waits for it. */
const PROBE_TIMEOUT = 5_000;

/** Asks for an execution's status on behalf of the pump: one request, no retry, and no failure but a report of it. */
export function createStatusProbe(
  http: Http,
  params: { readonly box: string; readonly execution: string },
): StatusProbe {
  return async (signal) => {
    try {
      const timeout = PROBE_TIMEOUT;
      const call = { operation: "execution.status", params, timeout, retry: false, signal } as const;
      const { status, exitCode, errorMessage } = await http.json(call, Status);
      return toReport(status, exitCode ?? null, errorMessage ?? null);
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
