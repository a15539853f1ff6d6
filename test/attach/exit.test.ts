import { expect, test } from "vitest";
import { endingOf } from "../../src/attach/exit.ts";

test.each([
  { status: "completed", exitCode: 0, outcome: "exited", signal: null },
  { status: "completed", exitCode: 255, outcome: "exited", signal: null },
  { status: "completed", exitCode: -9, outcome: "signaled", signal: 9 },
  { status: "completed", exitCode: -2, outcome: "signaled", signal: 2 },
  // SIGHUP, or a wait that failed: it proves neither.
  { status: "completed", exitCode: -1, outcome: "unknown", signal: null },
  { status: "completed", exitCode: null, outcome: "unknown", signal: null },
  { status: "killed", exitCode: null, outcome: "killed", signal: null },
  { status: "killed", exitCode: -9, outcome: "killed", signal: 9 },
  { status: "timed_out", exitCode: -15, outcome: "timed_out", signal: 15 },
  { status: "timed_out", exitCode: null, outcome: "timed_out", signal: null },
] as const)(
  "no code is made up: $status with $exitCode is $outcome",
  ({ status, exitCode, outcome, signal }) => {
    expect(endingOf(status, exitCode)).toEqual({ outcome, exitCode, signal });
  },
);
