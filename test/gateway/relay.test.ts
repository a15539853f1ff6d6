import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRelay, type RelaySocket } from "../../src/gateway/relay.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** An end that notes what is done to it. */
function createEnd() {
  const said: string[] = [];
  const end: RelaySocket & { bufferedAmount: number; said: string[] } = {
    said,
    bufferedAmount: 0,
    send: (data) => void said.push(String(data)),
    close: (code, reason) => void said.push(`close ${code} ${reason}`),
    terminate: () => void said.push("terminate"),
  };
  return end;
}

const MiB = 1024 * 1024;

function createRelayWithEnds(ceiling = 8 * MiB, framed = true) {
  const relay = createRelay({ ceiling, framed, redact: (text) => text });
  return { relay, server: createEnd(), page: createEnd() };
}

test("what the server says before the page is there waits, behind the hello", () => {
  const { relay, server, page } = createRelayWithEnds();
  relay.server.message("first");
  relay.connect(server);
  relay.server.message("second");
  relay.open(page, "hello");
  relay.server.message("third");
  expect(page.said).toEqual(["hello", "first", "second", "third"]);
});

test("an end before the page is there comes behind what was said", () => {
  const { relay, server, page } = createRelayWithEnds();
  relay.connect(server);
  relay.server.message("exit");
  relay.server.closed(1000, "done");
  relay.open(page, "hello");
  expect(page.said).toEqual(["hello", "exit", "close 1000 done"]);
});

test("more than may wait before the page is there cuts it, without half of what was said", () => {
  const { relay, server, page } = createRelayWithEnds(10);
  relay.connect(server);
  relay.server.message("0123456789");
  relay.server.message("a");
  relay.open(page, "hello");
  expect(server.said).toEqual(["close 1000 "]);
  expect(page.said).toEqual(["terminate"]);
});

test("a page that is gone before it was there gives the slot back, also of a server that comes later", () => {
  const { relay, server } = createRelayWithEnds();
  relay.page.closed(1006, "");
  relay.connect(server);
  expect(server.said).toEqual(["close 1000 "]);
});

test("nothing is passed on after the end, and the end comes once", () => {
  const { relay, server, page } = createRelayWithEnds();
  relay.connect(server);
  relay.open(page, undefined);
  relay.server.closed(1005, "");
  relay.server.message("late");
  relay.page.message("late");
  relay.page.closed(1000, "");
  expect(page.said).toEqual(["close undefined "]);
  expect(server.said).toEqual([]);
});

test("stdin is held above 1 MiB and goes on below 256 KiB, once each", () => {
  const { relay, server, page } = createRelayWithEnds();
  relay.connect(server);
  relay.open(page, undefined);
  server.bufferedAmount = MiB + 1;
  relay.page.message("a");
  relay.page.message("b");
  expect(page.said).toEqual(['{"type":"gateway","event":"hold"}']);
  server.bufferedAmount = 256 * 1024 + 1;
  vi.advanceTimersByTime(1000);
  expect(page.said).toHaveLength(1);
  server.bufferedAmount = 256 * 1024;
  vi.advanceTimersByTime(20);
  expect(page.said.slice(1)).toEqual(['{"type":"gateway","event":"resume"}']);
  expect(server.said).toEqual(["a", "b"]);
});

test("a page that does not know the frames gets none, and is cut at the ceiling", () => {
  const { relay, server, page } = createRelayWithEnds(2 * MiB, false);
  relay.connect(server);
  relay.open(page, undefined);
  server.bufferedAmount = 2 * MiB;
  relay.page.message("a");
  expect(page.said).toEqual([]);
  server.bufferedAmount += 1;
  relay.page.message("b");
  expect(page.said).toEqual(["terminate"]);
  expect(server.said).toEqual(["a", "close 1000 "]);
});

test("an end while stdin is held leaves no timer", () => {
  const { relay, server, page } = createRelayWithEnds();
  relay.connect(server);
  relay.open(page, undefined);
  server.bufferedAmount = 2 * MiB;
  relay.page.message("a");
  expect(vi.getTimerCount()).toBe(1);
  relay.page.closed(1006, "");
  expect(vi.getTimerCount()).toBe(0);
});
