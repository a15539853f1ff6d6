import { expect, test } from "vitest";
import { BATCH_BYTES, createAudience, sizeOf, WINDOW_BYTES } from "../../src/tabs/audience.ts";
import { createLog } from "../../src/tabs/log.ts";
import { type Join, parseReply, type Reply } from "../../src/tabs/protocol.ts";

const TERM = { number: 1, id: "leader" };
const FACTS = { attaches: 1, connection: null, size: null, stdinClosed: false, killed: false };

function setting() {
  const logs = { stdout: createLog(), stderr: createLog() };
  const inboxes = new Map<string, Reply[]>();
  const audience = createAudience(TERM, logs, { stdout: 0, stderr: 0 }, (member) => {
    const replies = inboxes.get(member) ?? [];
    inboxes.set(member, replies);
    return {
      post(data) {
        const reply = parseReply(data);
        if (reply === undefined) throw new Error(`not a reply: ${JSON.stringify(data)}`);
        replies.push(reply);
      },
      close() {},
    };
  });
  const inbox = (member: string) => inboxes.get(member) ?? [];
  const join = (member: string, session = 1, position = 0, marks = 0) => {
    const stdout = { position, marks };
    const call: Join = {
      type: "join",
      from: member,
      session,
      term: null,
      stdout,
      stderr: { position: 0, marks: 0 },
    };
    audience.join(call, FACTS);
  };
  const write = (length: number) => {
    logs.stdout.append(new Uint8Array(length));
    audience.flush();
  };
  const sent = (member: string) => inbox(member).reduce((sum, reply) => sum + sizeOf(reply), 0);
  const bytes = (member: string) =>
    inbox(member).reduce((sum, reply) => sum + ("bytes" in reply ? reply.bytes.length : 0), 0);
  return { audience, logs, inbox, join, write, sent, bytes };
}

test("a tab that takes nothing is sent a window's worth, whatever comes; another one all of it", () => {
  const { audience, inbox, join, write, sent, bytes } = setting();
  join("stuck");
  join("well");
  for (let written = 0; written < 3 * WINDOW_BYTES; written += 4096) {
    write(4096);
    audience.ack("well", 1, sent("well"));
  }
  expect(sent("stuck")).toBeGreaterThanOrEqual(WINDOW_BYTES);
  expect(sent("stuck")).toBeLessThan(WINDOW_BYTES + 2 * 64 * 1024);
  expect(bytes("well")).toBe(3 * WINDOW_BYTES);
  // It takes up again with the oldest that is kept, and sees where that is.
  const before = inbox("stuck").length;
  audience.ack("stuck", 1, sent("stuck"));
  expect(inbox("stuck")[before]).toMatchObject({ type: "output", position: 3 * WINDOW_BYTES - 262_144 });
});

test("events to a tab that takes nothing are bounded, too", () => {
  const { audience, join, sent } = setting();
  join("stuck");
  for (let count = 0; count < 100_000; count += 1) audience.event({ type: "checking" });
  expect(sent("stuck")).toBeLessThanOrEqual(WINDOW_BYTES + 256);
});

test("the first byte after a pause is sent at once; while it is under way, others gather", () => {
  const { audience, inbox, join, write, sent } = setting();
  join("tab");
  audience.ack("tab", 1, sent("tab"));
  write(1);
  write(10);
  write(20);
  expect(inbox("tab").slice(1)).toMatchObject([{ type: "output", position: 0 }]);
  audience.ack("tab", 1, sent("tab"));
  expect(inbox("tab").slice(2)).toMatchObject([{ type: "output", position: 1, bytes: { length: 30 } }]);
  // Not for long: a tab may be slow.
  write(BATCH_BYTES);
  expect(inbox("tab")).toHaveLength(4);
});

test("at the end all that is kept is sent, without waiting", () => {
  const { audience, inbox, join, write, bytes } = setting();
  join("tab");
  write(100);
  write(100);
  const conclusion = {
    status: "completed",
    exitCode: 0,
    source: "exit-frame",
    complete: true,
    message: null,
  } as const;
  audience.end({ conclusion, stdout: { end: 200, proved: false }, stderr: { end: 0, proved: false } });
  expect(bytes("tab")).toBe(200);
  expect(inbox("tab").at(-1)?.type).toBe("end");
});

test("a tab that joins again gets what it lacks, and no mark twice; of an earlier term, all marks of this one", () => {
  const { audience, logs, inbox, join, write } = setting();
  write(10);
  logs.stdout.mark(10, { kind: "gap", missing: 0 });
  write(10);
  join("tab", 1, 20, 1);
  expect(inbox("tab").map(({ type }) => type)).toEqual(["welcome", "mark"]);
  const stdout = { position: 20, marks: 1 };
  audience.join(
    { type: "join", from: "tab", session: 2, term: TERM, stdout, stderr: { position: 0, marks: 0 } },
    FACTS,
  );
  expect(inbox("tab").map(({ type }) => type)).toEqual(["welcome", "mark", "welcome"]);
});

test("what a tab that has left says, or one in another session, is not counted", () => {
  const { audience, inbox, join, write, sent } = setting();
  join("tab", 2);
  audience.ack("tab", 1, sent("tab"));
  write(1);
  expect(inbox("tab")).toHaveLength(1);
  audience.leave("tab");
  audience.ack("tab", 2, sent("tab"));
  write(BATCH_BYTES);
  expect(inbox("tab")).toHaveLength(1);
  expect(audience.any).toBe(false);
});
