import { describe, expect, test } from "vitest";
import { type BacklogLimits, createBacklog, type Subscription } from "../../src/local/backlog.ts";
import type { Dialect } from "../../src/local/index.ts";

const bytes = (text: string) => Buffer.from(text);

/** Takes all there is; "lagged" stands where chunks were skipped. */
function takeAll(subscription: Subscription): string[] {
  const taken: string[] = [];
  for (let chunk = subscription.take(); chunk !== undefined; chunk = subscription.take()) {
    taken.push(chunk === "lagged" ? chunk : Buffer.from(chunk).toString());
  }
  return taken;
}

function filled(dialect: Dialect, limits: Partial<BacklogLimits>, chunks: string[]) {
  const backlog = createBacklog(dialect, { bytes: 8, queueChunks: 3, ...limits });
  for (const chunk of chunks) backlog.push(bytes(chunk));
  return backlog;
}

describe("runner backlog (StreamBus)", () => {
  test("FansOutToMultipleSubscribers", () => {
    const backlog = filled("runner", {}, []);
    const subscriptions = [backlog.subscribe(() => {}), backlog.subscribe(() => {})];
    backlog.push(bytes("a"));
    expect(subscriptions.map(takeAll)).toEqual([["a"], ["a"]]);
  });

  test("ReplaysBacklogToLateSubscriber in one chunk", () => {
    expect(takeAll(filled("runner", {}, ["ab", "cd", "e"]).subscribe(() => {}))).toEqual(["abcde"]);
  });

  test("sends no snapshot when nothing has been written", () => {
    expect(takeAll(filled("runner", {}, []).subscribe(() => {}))).toEqual([]);
  });

  test("ReattachReceivesBacklogAndLive, and consuming trims nothing", () => {
    const backlog = filled("runner", {}, ["ab"]);
    const first = backlog.subscribe(() => {});
    expect(takeAll(first)).toEqual(["ab"]);
    first.close();
    const second = backlog.subscribe(() => {});
    backlog.push(bytes("cd"));
    expect(takeAll(second)).toEqual(["ab", "cd"]);
  });

  test("RingBufferDropsOldestOnOverflow, by the byte", () => {
    expect(takeAll(filled("runner", {}, ["abcd", "efgh", "ij"]).subscribe(() => {}))).toEqual(["cdefghij"]);
    expect(takeAll(filled("runner", {}, ["abcdefghijkl"]).subscribe(() => {}))).toEqual(["efghijkl"]);
  });

  test("cuts a code point where the cap falls", () => {
    const backlog = createBacklog("runner", { bytes: 3, queueChunks: 1 });
    backlog.push(bytes("éé"));
    expect(backlog.subscribe(() => {}).take()).toEqual(bytes("éé").subarray(1));
  });

  test("SubscribeIsAtomicWithConcurrentWrite: each byte is in the snapshot or live, never both", () => {
    const backlog = filled("runner", { bytes: 100, queueChunks: 100 }, ["0", "1"]);
    const subscription = backlog.subscribe(() => {});
    backlog.push(bytes("2"));
    expect(takeAll(subscription).join("")).toBe("012");
  });

  test("drops the newest for a full queue, and keeps it in the backlog", () => {
    const backlog = filled("runner", {}, []);
    const slow = backlog.subscribe(() => {});
    for (const chunk of ["1", "2", "3", "4", "5"]) backlog.push(bytes(chunk));
    expect(takeAll(slow)).toEqual(["1", "2", "3"]);
    backlog.push(bytes("6"));
    expect(takeAll(slow)).toEqual(["6"]);
    expect(takeAll(backlog.subscribe(() => {}))).toEqual(["123456"]);
  });

  test("hands out what was queued after it is closed, and no more", () => {
    const backlog = filled("runner", {}, ["a"]);
    const subscription = backlog.subscribe(() => {});
    backlog.push(bytes("b"));
    subscription.close();
    backlog.push(bytes("c"));
    expect(takeAll(subscription)).toEqual(["a", "b"]);
  });
});

describe("serve backlog (BacklogBroadcast)", () => {
  test("late_attach_subscriber_must_see_prior_output, in the chunks it was written in", () => {
    expect(takeAll(filled("serve", {}, ["ab", "cd", "e"]).subscribe(() => {}))).toEqual(["ab", "cd", "e"]);
  });

  test("drops whole chunks on overflow and always keeps one", () => {
    expect(takeAll(filled("serve", {}, ["abcd", "efgh", "ij"]).subscribe(() => {}))).toEqual(["efgh", "ij"]);
    expect(takeAll(filled("serve", {}, ["ab", "cdefghijklmn"]).subscribe(() => {}))).toEqual([
      "cdefghijklmn",
    ]);
  });

  test("skips a lagging client to the oldest chunk of the ring", () => {
    const backlog = filled("serve", {}, []);
    const slow = backlog.subscribe(() => {});
    const quick = backlog.subscribe(() => {});
    for (const chunk of ["1", "2", "3"]) backlog.push(bytes(chunk));
    expect(takeAll(quick)).toEqual(["1", "2", "3"]);
    for (const chunk of ["4", "5"]) backlog.push(bytes(chunk));
    expect(takeAll(quick)).toEqual(["4", "5"]);
    expect(takeAll(slow)).toEqual(["lagged", "3", "4", "5"]);
  });

  test("goes from the replay to the live chunks without a gap or a repetition", () => {
    const backlog = filled("serve", {}, ["a", "b"]);
    const subscription = backlog.subscribe(() => {});
    expect(subscription.take()).toEqual(bytes("a"));
    backlog.push(bytes("c"));
    expect(takeAll(subscription)).toEqual(["b", "c"]);
  });
});

describe.each(["serve", "runner"] as const)("backlog (%s)", (dialect) => {
  test("wakes its subscribers, until they close", () => {
    const backlog = filled(dialect, {}, []);
    let wakes = 0;
    const subscription = backlog.subscribe(() => {
      wakes += 1;
    });
    backlog.push(bytes("a"));
    expect(wakes).toBe(1);
    subscription.close();
    backlog.push(bytes("b"));
    expect(wakes).toBe(1);
  });

  test("stays within the cap over very many chunks", () => {
    const backlog = createBacklog(dialect, { bytes: 1000, queueChunks: 2 });
    for (let index = 0; index < 5000; index += 1) backlog.push(bytes(String(index % 10)));
    const replay = takeAll(backlog.subscribe(() => {})).join("");
    expect(replay).toBe("0123456789".repeat(100));
  });
});
