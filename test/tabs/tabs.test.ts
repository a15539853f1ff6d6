import { expect, test, vi } from "vitest";
import type { ExecutionEvent } from "../../src/attach/events.ts";
import { sharePump } from "../../src/tabs/share.ts";
import type { Dialect } from "../simulation/server-stream.ts";
import { createWorld, type Tab, type World } from "./support/world.ts";

/** What each call does, for the tab that makes it and for the others. */

const text = (bytes: readonly number[]) => new TextDecoder().decode(Uint8Array.from(bytes));
const bytes = (value: string) => new TextEncoder().encode(value);
const typed = ({ input }: World) =>
  input.map((data) => (typeof data === "string" ? data : new TextDecoder().decode(data)));
const roles = ({ events }: Tab) => events.flatMap((event) => (event.type === "role" ? [event.role] : []));

/** Numbers from `from` to `to`, four bytes each. */
function numbers(from: number, to: number): Uint8Array {
  return bytes(
    Array.from({ length: to - from }, (_, index) => `${from + index}`.padStart(4, "0").slice(-4)).join(""),
  );
}

/** A leader, and two tabs that follow it. */
async function three(dialect: Dialect = "runner"): Promise<[World, Tab, Tab, Tab]> {
  const world = createWorld(1, dialect);
  const leader = world.open();
  await world.until("it is attached", () => connected(leader) === 1);
  const tabs = [world.open(), world.open()] as const;
  await world.until("the others follow", () => tabs.every(({ role }) => role === "follower"));
  await world.drain();
  return [world, leader, ...tabs];
}

const connected = ({ events }: Tab) => events.filter(({ type }) => type === "connected").length;

async function write(tab: Tab, value: string): Promise<void> {
  await tab.pump.ready();
  tab.pump.send(bytes(value));
}

test("one attach for all: others get the output, the events and the result", async () => {
  const [world, leader, ...others] = await three();
  world.server.write("stdout", bytes("out"));
  world.server.write("stderr", bytes("err"));
  world.server.end(3);
  await world.until("all have the result", () => world.tabs.every(({ end }) => end !== null));
  for (const tab of [leader, ...others]) {
    expect([text(tab.received.stdout), text(tab.received.stderr)]).toEqual(["out", "err"]);
    expect(tab.end).toMatchObject({ exitCode: 3, source: "exit-frame", complete: true });
    expect(tab.pump.delivered("stdout")).toEqual({ bytes: 3, proved: false });
    expect(connected(tab)).toBe(1);
  }
  expect(world.tabs.map((tab) => roles(tab)[0])).toEqual(["leader", "follower", "follower"]);
  await world.drain();
  expect(world.tabs.map(({ connections }) => connections)).toEqual([0, 0, 0]);
  // Nothing is left that could wake up.
  expect(world.tabs.map(({ page }) => page.lifecycle)).toEqual([null, null, null]);
});

test("input of all tabs reaches the process, each one's in its order", async () => {
  const [world, ...tabs] = await three();
  const sends = tabs.map(async (tab, index) => {
    for (let count = 0; count < 10; count += 1) await write(tab, `${"abc"[index]}${count}`);
  });
  await world.until("all is sent", () => world.input.length === 30);
  await Promise.all(sends);
  for (const who of "abc") {
    const own = typed(world).filter((value) => value.startsWith(who));
    expect(own).toEqual(Array.from({ length: 10 }, (_, count) => `${who}${count}`));
  }
});

test("a write while nobody leads waits for the next leader, and is sent once", async () => {
  const [world, leader, second, third] = await three();
  world.hang(leader);
  // One of them will lead, and the other one follow: what it asked for before was heard by nobody who could do it.
  const written = [write(second, "late"), write(third, "later")];
  await world.drain();
  world.crash(leader);
  await world.until("both are sent", () => world.input.length > 1);
  await Promise.all(written);
  await world.drain();
  expect(typed(world).sort()).toEqual(["late", "later"]);
});

test("size and the end of stdin are everybody's, and a new leader's too", async () => {
  const [world, leader, second, third] = await three();
  second.pump.resize({ cols: 80, rows: 24 });
  third.pump.eof();
  await world.drain();
  const state = ['{"type":"resize","cols":80,"rows":24}', '{"type":"stdin_eof"}'];
  expect(typed(world).sort()).toEqual(state);
  await expect(second.pump.ready()).rejects.toMatchObject({ code: "stdin_closed" });
  world.crash(leader);
  await world.until("another one is attached", () => [second, third].some((tab) => connected(tab) === 2));
  expect(typed(world).slice(2).sort()).toEqual(state);
});

test("a kill that another tab has made is not taken for a loss", async () => {
  const [world, , second] = await three();
  // The exit frame is lost, and the 404 is there before the news.
  world.server.restart();
  await world.until("the leader has asked", () =>
    world.tabs.some(({ events }) => events.some(({ type }) => type === "disconnected")),
  );
  second.pump.killed();
  await world.until("all have the result", () => world.tabs.every(({ end }) => end !== null));
  for (const { end } of world.tabs) expect(end).toMatchObject({ status: "killed", source: "kill" });
});

test("an execution that is gone fails in every tab", async () => {
  const [world] = await three();
  world.server.restart();
  await world.until("all have failed", () => world.tabs.every(({ end }) => end !== null));
  for (const { end } of world.tabs) expect(end).toMatchObject({ kind: "gone" });
});

test("a detach, or an abort, ends it for one tab: another one leads", async () => {
  const [world, leader, second, third] = await three();
  leader.pump.detach();
  expect(leader.end).toEqual({ kind: "detached" });
  await world.until("another one leads", () => world.leader() !== undefined);
  const next = world.leader();
  const last = next === second ? third : second;
  await world.until("both know that it is attached", () => connected(last) === 2);
  next?.pump.abort("enough");
  expect(next?.end).toEqual({ kind: "aborted", reason: "enough" });
  await world.until("the last one leads", () => last.role === "leader");
  world.server.write("stdout", bytes("goes on"));
  await world.until("it gets the output", () => text(last.received.stdout) === "goes on");
  // Attaches are counted over all leaders.
  const attaches = last.events.flatMap((event) => (event.type === "connected" ? [event.attach] : []));
  expect(attaches).toEqual([1, 2, 3]);
});

test("a leader that answers is never replaced, however quiet the process", async () => {
  const [world, leader] = await three();
  const until = world.scheduler.now() + 3_600_000;
  await world.until("an hour has passed", () => world.scheduler.now() > until);
  expect(world.tabs.map(roles)).toEqual([["leader"], ["follower"], ["follower"]]);
  expect(leader.connections).toBe(1);
});

test("a leader that hangs is replaced, and follows when it goes on; what it had in hand is not delivered twice", async () => {
  const [world, leader, ...others] = await three();
  world.server.write("stdout", bytes("before "));
  await world.until("all have it", () => world.tabs.every((tab) => text(tab.received.stdout) === "before "));
  world.hang(leader);
  world.server.write("stdout", bytes("meanwhile "));
  await world.until("another one leads", () => others.some(({ role }) => role === "leader"));
  expect(others.map((tab) => text(tab.received.stdout))).toEqual(["before ", "before "]);
  world.goOn(leader);
  await world.until("all have it", () =>
    world.tabs.every((tab) => text(tab.received.stdout) === "before meanwhile "),
  );
  expect(roles(leader)).toEqual(["leader", "follower"]);
});

test("a tab that is frozen gets no messages, and then all that it missed", async () => {
  const [world, , second] = await three();
  world.freeze(second);
  await world.drain();
  const waiting = world.origin.waiting(second.page);
  for (let count = 0; count < 20; count += 1) {
    world.server.write("stdout", bytes("0123456789"));
    await world.drain();
  }
  expect(world.origin.waiting(second.page)).toBe(waiting);
  world.goOn(second);
  await world.until("it has caught up", () => second.received.stdout.length === 200);
  expect(second.events.filter(({ type }) => type === "verdict")).toEqual([]);
});

test("a leader that lets go while it looks for its place delivers none of that: the next one does", async () => {
  const [world, leader, ...others] = await three("serve");
  world.server.write("stdout", numbers(0, 5_000));
  await world.until("all have it", () => world.tabs.every((tab) => tab.received.stdout.length === 20_000));
  world.cut(leader);
  // More than the server keeps: the replay does not begin where they are.
  world.server.write("stdout", numbers(5_000, 10_000));
  await world.until("it is attached again", () => connected(leader) === 2);
  // Some of the replay comes, which is held.
  for (let steps = 0; steps < 20; steps += 1) await world.scheduler.step(false);
  world.freeze(leader);
  expect(leader.received.stdout.length).toBe(20_000);
  await world.until("another one has delivered it", () =>
    others.some((tab) => tab.received.stdout.length > 20_000),
  );
  world.goOn(leader);
  const last = text(Array.from(numbers(9_999, 10_000)));
  await world.until("all have all of it", () =>
    world.tabs.every((tab) => text(tab.received.stdout).endsWith(last)),
  );
  for (const tab of world.tabs) {
    expect(tab.received.stdout).toEqual(leader.received.stdout);
    const gaps = tab.events.flatMap((event) =>
      event.type === "verdict" && event.verdict.kind === "gap" ? [event.position] : [],
    );
    expect(gaps).toEqual([20_000]);
  }
});

test("a tab that comes late is told what is not kept any more", async () => {
  const [world] = await three();
  world.server.write("stdout", new Uint8Array(20_000));
  await world.drain();
  const late = world.open();
  await world.until("it has what is kept", () => late.received.stdout.length === 16_384);
  const verdicts: ExecutionEvent[] = late.events.filter(({ type }) => type === "verdict");
  expect(verdicts).toEqual([
    { type: "verdict", stream: "stdout", position: 0, verdict: { kind: "gap", missing: 3_616 } },
  ]);
  world.server.end(0);
  await world.until("it has the result", () => late.end !== null);
  expect(late.end).toMatchObject({ exitCode: 0, complete: false });
});

test("messages hold output, positions and events, and nothing else that a tab knows", async () => {
  const [world, leader] = await three();
  world.server.write("stdout", bytes("x"));
  leader.pump.resize({ cols: 1, rows: 1 });
  world.server.end(0);
  await world.until("all have the result", () => world.tabs.every(({ end }) => end !== null));
  const names = new Set(world.origin.posted.map(({ channel }) => channel));
  expect([...names].sort()).toEqual(["the lock", "the lock tab-1", "the lock tab-2"]);
  const fields = new Set(world.origin.posted.flatMap(({ data }) => Object.keys(data ?? {})));
  expect([...fields].sort()).toEqual([
    ...["attaches", "bytes", "conclusion", "connection", "from", "killed", "number", "position", "session"],
    ...["size", "stderr", "stdinClosed", "stdout", "stream", "term", "type"],
  ]);
});

test("a platform without locks shares nothing", async () => {
  vi.stubGlobal("navigator", {});
  expect(await sharePump("http://h", "b", "e")).toBeUndefined();
  const refused = { query: () => Promise.reject(new DOMException("opaque origin", "SecurityError")) };
  vi.stubGlobal("navigator", { locks: refused });
  expect(await sharePump("http://h", "b", "e")).toBeUndefined();
  vi.unstubAllGlobals();
});
