import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
  const { relay, server, page } = createRelayWithEnds(2 * 600, false);
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

/** A message of stdout, or of stderr. */
const output = (text: string, channel = 1) => Buffer.from(`${String.fromCharCode(channel)}${text}`);

describe("a page that is full", () => {
  /** A page that has taken nothing of the half of its ceiling that its socket is given ahead; the other half may wait. */
  const full = (ceiling: number, framed = true) => {
    const ends = createRelayWithEnds(ceiling, framed);
    ends.relay.connect(ends.server);
    ends.relay.open(ends.page, undefined);
    ends.page.bufferedAmount = ceiling / 2 + 1;
    return ends;
  };
  const drops = (stream: string, bytes: number) =>
    `{"type":"gateway","event":"dropped","stream":"${stream}","bytes":${bytes}}`;
  /** How much a message counts beside its bytes. */
  const COST = 512;

  test("gets what came meanwhile as it takes what it was given, in order", async () => {
    const { relay, page } = full(2 * MiB);
    relay.server.message(output("one"));
    relay.server.message('{"type":"error"}');
    vi.advanceTimersByTime(1_000);
    relay.server.message(output("two"));
    expect(page.said).toEqual([]);
    page.bufferedAmount = MiB;
    // And what is joined for a page that is busy waits for 5 ms.
    await vi.advanceTimersByTimeAsync(25);
    expect(page.said).toEqual(["\x01one", '{"type":"error"}', "\x01two"]);
    relay.server.message(output("three"));
    await vi.advanceTimersByTimeAsync(5);
    expect(page.said.at(-1)).toBe("\x01three");
  });

  test("is given no more than 1 MiB ahead, however much may wait", () => {
    const { relay, server, page } = createRelayWithEnds(8 * MiB);
    relay.connect(server);
    relay.open(page, undefined);
    page.bufferedAmount = MiB;
    relay.server.message("a");
    page.bufferedAmount += 1;
    relay.server.message("b");
    expect(page.said).toEqual(["a"]);
    page.bufferedAmount = 0;
    vi.advanceTimersByTime(20);
    expect(page.said).toEqual(["a", "b"]);
  });

  test("is told how much of each stream was dropped, before what is left of them; nothing else is dropped", async () => {
    const { relay, page } = full(2 * 10_000);
    relay.server.message(output("a".repeat(2_000)));
    relay.server.message('{"type":"error"}');
    relay.server.message(output("b".repeat(2_000), 2));
    relay.server.message(output("c".repeat(2_000), 2));
    // Beyond the limit what is kept is the newest half.
    relay.server.message(output("d".repeat(1_000)));
    relay.server.message(output("e"));
    page.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(25);
    expect(page.said.map((said) => said.replace(/(.)\1+$/, "$1"))).toEqual([
      drops("stdout", 2_000),
      drops("stderr", 4_000),
      '{"type":"error"}',
      "\x01d",
      "\x01e",
    ]);
  });

  test("is told of each loss by itself", async () => {
    const { relay, page } = full(2 * 2_000);
    relay.server.message(output("a".repeat(400)));
    // Larger than all that may wait: the newest is taken in any case.
    relay.server.message(output("b".repeat(5_000)));
    page.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(25);
    expect(page.said).toEqual([drops("stdout", 400), `\x01${"b".repeat(5_000)}`]);
    page.bufferedAmount = 2_001;
    relay.server.message(output("c"));
    relay.server.message(output("d".repeat(5_000)));
    page.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(25);
    expect(page.said.slice(2)).toEqual([drops("stdout", 1), `\x01${"d".repeat(5_000)}`]);
  });

  test("takes what waits for it before an end, however long that takes, and nothing behind a cut", () => {
    const ended = full(2 * MiB);
    ended.relay.server.message(output("last words"));
    ended.relay.server.message('{"type":"exit","exit_code":0}');
    ended.relay.server.closed(1000, "");
    vi.advanceTimersByTime(600_000);
    expect(ended.page.said).toEqual([]);
    ended.page.bufferedAmount = MiB;
    vi.advanceTimersByTime(20);
    expect(ended.page.said).toEqual(["\x01last words", '{"type":"exit","exit_code":0}', "close 1000 "]);
    const cut = full(2 * MiB);
    cut.relay.server.message(output("last words"));
    cut.relay.server.closed(1006, "");
    expect(cut.page.said).toEqual(["terminate"]);
  });

  test("that is gone while its end waits leaves no timer", () => {
    const { relay, page } = full(2 * MiB);
    relay.server.message(output("last words"));
    relay.server.closed(1000, "");
    relay.page.closed(1006, "");
    expect(page.said).toEqual([]);
  });

  test("types on", () => {
    const { relay, server } = full(2 * MiB);
    relay.server.message(output("flood"));
    relay.page.message("\x03");
    expect(server.said).toEqual(["\x03"]);
    relay.page.closed(1006, "");
  });

  test("is cut for what may not be dropped", () => {
    const { relay, page, server } = full(2 * MiB);
    let count = 0;
    for (; page.said.length === 0; count += 1) relay.server.message("x".repeat(1024 - COST));
    expect(page.said).toEqual(["terminate"]);
    expect(server.said).toEqual(["close 1000 "]);
    expect(count).toBe(1024 + 1);
  });

  test("and knows no frames is cut at the ceiling", () => {
    const { relay, page } = full(2 * MiB, false);
    let count = 0;
    for (; page.said.length === 0; count += 1) relay.server.message(output("x".repeat(1023 - COST)));
    expect(page.said).toEqual(["terminate"]);
    expect(count).toBe(1024 + 1);
  });

  test("has the newest of what came before it was there, and is told of the rest", () => {
    const { relay, server, page } = createRelayWithEnds(2 * 2_000);
    relay.connect(server);
    for (const letter of "abcd") relay.server.message(output(letter));
    relay.open(page, "hello");
    expect(page.said.slice(0, 2)).toEqual(["hello", drops("stdout", 3)]);
    expect(page.said.slice(2)).toEqual(["\x01d"]);
  });
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
