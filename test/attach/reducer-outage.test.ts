import { describe, expect, test } from "vitest";
import type { Cause, Obstacle } from "../../src/attach/events.ts";
import { deadlineOf, obstacleOf, outageFrom } from "../../src/attach/reducer/outage.ts";
import { initialState } from "../../src/attach/reducer/state.ts";

const CUT: Cause = { kind: "closed", code: 1006, message: "" };
const failed = (message: string): Cause => ({ kind: "failed", message });
const refused = (status: number): Cause => ({ kind: "refused", status, message: "no" });
const UNANSWERED: Cause = { kind: "unanswered", after: 10_000 };

/** What stands between a client and an attach, by all that it can know of it. */
describe("the obstacle", () => {
  test.each<[string, Cause | null, number, boolean | null, Obstacle]>([
    ["nothing is known", null, 0, null, "cut"],
    ["a connection was cut", CUT, 0, null, "cut"],
    ["it was cut, and the status can be had", CUT, 5, true, "cut"],
    ["it was cut, and the status cannot be had", CUT, 0, false, "unreachable"],
    ["it was refused with 409", refused(409), 1, null, "slot-taken"],
    ["it was refused with another status", refused(503), 2, true, "refused"],
    ["whoever refuses answers, whatever the status request does", refused(409), 1, false, "slot-taken"],
    ["no connection opens, and no status", failed(""), 3, false, "unreachable"],
    ["no connection opens, and why is told", failed("ECONNREFUSED"), 3, true, "blocked"],
    ["one connection did not open, and nothing is told", failed(""), 1, true, "blocked"],
    ["two did not", failed(""), 2, true, "slot-taken"],
    ["two did not, and the status is not there yet", failed(""), 2, null, "slot-taken"],
    ["the handshake is not answered", UNANSWERED, 3, true, "blocked"],
  ])("%s", (_, cause, unopened, reachable, expected) => {
    expect(obstacleOf({ ...outageFrom(0, cause), unopened, reachable })).toBe(expected);
  });
});

test("the server may end a process five minutes after it was left alone; of one that was not, nothing is known", () => {
  const { session } = initialState(null);
  expect(deadlineOf({ ...session, orphanedAt: null })).toBe(null);
  expect(deadlineOf({ ...session, orphanedAt: 0 })).toBe(300_000);
  expect(deadlineOf({ ...session, orphanedAt: 1_000.4 })).toBe(301_000);
});
