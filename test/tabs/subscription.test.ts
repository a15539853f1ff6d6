import { expect, test } from "vitest";
import type { Reply, Term } from "../../src/tabs/protocol.ts";
import { createSubscription } from "../../src/tabs/subscription.ts";
import { createTrack } from "../../src/tabs/track.ts";

const FIRST = { number: 1, id: "a" };
const SECOND = { number: 2, id: "b" };

function setting() {
  const trackOf = () => createTrack({ fresh() {}, verdict() {} });
  return createSubscription("me", { stdout: trackOf(), stderr: trackOf() });
}

function welcome(term: Term, session: number): Reply {
  const facts = { attaches: 0, connection: null, size: null, stdinClosed: false, killed: false };
  return { type: "welcome", term, session, number: 0, stdout: 0, stderr: 0, ...facts };
}

const event = (term: Term, session: number, number: number): Reply => ({
  ...{ type: "event", term, session, number },
  event: { type: "checking" },
});

test("replies are taken from the welcome on, in their order", () => {
  const subscription = setting();
  expect(subscription.join()).toMatchObject({ session: 1, term: null });
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("foreign");
  expect(subscription.sort(welcome(FIRST, 1))).toBe("new");
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("next");
  expect(subscription.sort(event(FIRST, 1, 2))).toBe("next");
  expect(subscription.join()).toMatchObject({ session: 2, term: FIRST });
});

test("one that is missing ends the session; another one begins with its welcome", () => {
  const subscription = setting();
  subscription.join();
  subscription.sort(welcome(FIRST, 1));
  expect(subscription.sort(event(FIRST, 1, 2))).toBe("lost");
  expect(subscription.sort(event(FIRST, 1, 3))).toBe("foreign");
  subscription.join();
  expect(subscription.sort(welcome(FIRST, 2))).toBe("known");
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("foreign");
  expect(subscription.sort(event(FIRST, 2, 1))).toBe("next");
});

test("a question does not end the session that goes on", () => {
  const subscription = setting();
  subscription.join();
  subscription.sort(welcome(FIRST, 1));
  subscription.join();
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("next");
  expect(subscription.sort(welcome(FIRST, 1))).toBe("foreign");
});

test("a later leader takes over, and an earlier one is not heard any more", () => {
  const subscription = setting();
  subscription.join();
  subscription.sort(welcome(FIRST, 1));
  expect(subscription.sort(event(SECOND, 1, 1))).toBe("foreign");
  expect(subscription.sort(welcome(SECOND, 1))).toBe("new");
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("foreign");
  expect(subscription.sort(welcome(FIRST, 1))).toBe("foreign");
  expect(subscription.sort(event(SECOND, 1, 1))).toBe("next");
});

test("a tab that has led hears no earlier leader", () => {
  const subscription = setting();
  subscription.join();
  subscription.sort(welcome(FIRST, 1));
  subscription.led(SECOND);
  expect(subscription.sort(event(FIRST, 1, 1))).toBe("foreign");
  expect(subscription.sort(welcome(FIRST, 1))).toBe("foreign");
});

test("what was dealt with is counted in bytes, anew in each session", () => {
  const subscription = setting();
  subscription.join();
  const first = welcome(FIRST, 1);
  subscription.sort(first);
  expect(subscription.ack(first)).toEqual({ session: 1, bytes: 256 });
  const output: Reply = {
    ...{ type: "output", term: FIRST, session: 1, number: 1, stream: "stdout", position: 0 },
    bytes: new Uint8Array(100),
  };
  subscription.sort(output);
  expect(subscription.ack(output)).toEqual({ session: 1, bytes: 612 });
  subscription.join();
  const second = welcome(FIRST, 2);
  subscription.sort(second);
  expect(subscription.ack(second)).toEqual({ session: 2, bytes: 256 });
});
