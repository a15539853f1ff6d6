import type { Dialect } from "./dialect.ts";
import type { LocalServerTimes } from "./times.ts";

/** How far the reaper has gone with an execution. Times are on the clock of `performance.now()`. */
export type ReaperPhase =
  | { readonly name: "watched" }
  | { readonly name: "hungUp"; readonly since: number }
  | { readonly name: "terminated"; readonly since: number }
  | { readonly name: "finished"; readonly since: number };

/** What the reaper looks at. */
export interface Reapable {
  readonly reaperPhase: ReaperPhase;
  readonly startedAt: number;
  readonly completed: boolean;
  readonly settledAt: number | undefined;
  readonly idleSince: number | undefined;
}

export type ReaperStep = "none" | "hangup" | "terminate" | "kill" | "evict" | "noteFinished";

/**
 * The next step with one execution: nobody attached for the grace, or its lifetime over, is SIGHUP, SIGTERM, SIGKILL
 * with a grace between; finished is evicted after the retention, which serve counts from the end and the runner from
 * the first look that finds it finished.
 */
export function nextStep(
  execution: Reapable,
  now: number,
  times: LocalServerTimes,
  dialect: Dialect,
): ReaperStep {
  const phase = execution.reaperPhase;
  if (execution.completed) {
    if (dialect === "serve") {
      return execution.settledAt !== undefined && now - execution.settledAt >= times.retention
        ? "evict"
        : "none";
    }
    if (phase.name !== "finished") return "noteFinished";
    return now - phase.since >= times.retention ? "evict" : "none";
  }
  const { idleSince } = execution;
  const orphaned = idleSince !== undefined && now - idleSince >= times.reconnectGrace;
  if (!orphaned && now - execution.startedAt < times.maxLifetime) return "none";
  switch (phase.name) {
    case "hungUp":
      return now - phase.since >= times.hangupGrace ? "terminate" : "none";
    case "terminated":
      return now - phase.since >= times.terminateGrace ? "kill" : "none";
    default:
      return "hangup";
  }
}
