import { expect, test, vi } from "vitest";
import { LARGEST_CHUNK } from "../../src/attach/replay/positioner.ts";
import { createJoiner, type JoinerSocket } from "../../src/gateway/joiner.ts";

function setting() {
  const sent: (string | Uint8Array)[] = [];
  const socket = { bufferedAmount: 0, send: (data: string | Uint8Array) => void sent.push(data) };
  const shown = () =>
    sent.map((data) => (typeof data === "string" ? data : Buffer.from(data).toString("latin1")));
  const clock = { now: 0 };
  return { socket, shown, clock, joiner: createJoiner(socket satisfies JoinerSocket, () => clock.now) };
}

const frame = (channel: number, text: string) => new Uint8Array([channel, ...Buffer.from(text)]);
const turn = () => Promise.resolve();

test("what comes together of one stream goes as one frame, in order with all else", async () => {
  const { joiner, shown } = setting();
  joiner.send(frame(1, "first"));
  joiner.send(frame(1, "a"));
  joiner.send(frame(1, "b"));
  joiner.send(frame(2, "c"));
  joiner.send(frame(1, "d"));
  joiner.send('{"type":"exit"}');
  joiner.send(new Uint8Array(0));
  joiner.send(frame(1, "e"));
  await turn();
  expect(shown()).toEqual(["\x01first", "\x01ab", "\x02c", "\x01d", '{"type":"exit"}', "", "\x01e"]);
});

test("what comes alone goes at once", async () => {
  const { joiner, shown } = setting();
  joiner.send(frame(1, "a"));
  await turn();
  joiner.send(frame(1, "b"));
  await turn();
  expect(shown()).toEqual(["\x01a", "\x01b"]);
});

test("the first frame of a stream is passed on as it came: by its length a whole backlog is known", async () => {
  const { joiner, shown } = setting();
  joiner.send(frame(1, ""));
  joiner.send(frame(1, "x".repeat(LARGEST_CHUNK)));
  joiner.send(frame(1, "x"));
  joiner.send(frame(2, "y"));
  joiner.send(frame(2, "yy"));
  joiner.send(frame(2, "yyy"));
  await turn();
  expect(shown().map((text) => text.length - 1)).toEqual([0, LARGEST_CHUNK, 1, 1, 5]);
});

test("a joined frame has an end, and what is larger goes alone", async () => {
  const { joiner, shown, clock } = setting();
  for (let count = 0; count < 66; count += 1) joiner.send(frame(1, "x".repeat(1_024)));
  joiner.send(frame(1, "y".repeat(262_144)));
  joiner.send(frame(1, "z"));
  clock.now = 100;
  await turn();
  expect(shown().map((text) => text.length - 1)).toEqual([1_024, 65_536, 1_024, 262_144, 1]);
});

test("a page that is busy gets larger ones, a little later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { joiner, shown, socket } = setting();
    joiner.send(frame(1, "0"));
    socket.bufferedAmount = 100_000;
    joiner.send(frame(1, "a"));
    await turn();
    joiner.send(frame(1, "b"));
    await turn();
    expect(shown()).toEqual(["\x010"]);
    vi.advanceTimersByTime(5);
    expect(shown()).toEqual(["\x010", "\x01ab"]);
    joiner.send(frame(1, "c"));
    await turn();
    joiner.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(shown()).toEqual(["\x010", "\x01ab"]);
  } finally {
    vi.useRealTimers();
  }
});

test("a flood is joined, too, until it is over", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { joiner, shown, clock } = setting();
    const sizes = () => shown().map((text) => text.length - 1);
    const burst = async () => {
      joiner.send(frame(1, "x".repeat(4_096)));
      joiner.send(frame(1, "x".repeat(4_096)));
      await turn();
    };
    for (let count = 0; count < 3; count += 1) await burst();
    // The first frame goes alone, and what came before it was a flood.
    expect(sizes()).toEqual([4_096, 4_096, 8_192, 8_192]);
    for (let count = 0; count < 3; count += 1) {
      await burst();
      clock.now += 1;
    }
    expect(sizes().slice(4)).toEqual([]);
    vi.advanceTimersByTime(5);
    expect(sizes().slice(4)).toEqual([24_576]);
    // Quiet for a while.
    clock.now += 10;
    await burst();
    expect(sizes().slice(5)).toEqual([8_192]);
    joiner.stop();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
