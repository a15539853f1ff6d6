import type { Timeline } from "./timeline.ts";

/** Milliseconds after which today's servers begin to end a process that nobody is attached to. */
const ORPHAN_GRACE = 300_000;

/**
 * When the server will end the process because nobody is attached, in milliseconds since the execution's start. Undefined:
 * it will not. Reckoned from when we noticed; the server may have noticed later, and then waits longer.
 */
export function orphanDeadline({ downSince }: Timeline): number | undefined {
  return downSince === undefined ? undefined : downSince + ORPHAN_GRACE;
}

/** What is left of a time, as minutes and seconds. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
