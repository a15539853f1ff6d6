import { expect, test, vi } from "vitest";
import { LARGEST_CHUNK } from "../../src/attach/replay/positioner.ts";
import { createJoiner, type JoinerSocket } from "../../src/gateway/joiner.ts";

function setting() {
  const sent: (string | Uint8Array)[] = [];
  const socket = { bufferedAmount: 0, send: (data: string | Uint8Array) => void sent.push(data) };
  const shown = () =>
    sent.map((data) => (typeof data === "string" ? data : Buffer.from(data).toString("latin1")));
  return { socket, shown, joiner: createJoiner(socket satisfies JoinerSocket) };
}

const frame = (channel: number, text: string) => new Uint8Array([channel, ...Buffer.from(text)]);
const turn = () => Promise.resolve();

test("what comes together of one stream goes as one frame, in order with all else", async () => {
  const { joiner, shown } = setting();
  joiner.send(frame(1, "a"));
  joiner.send(frame(1, "b"));
  joiner.send(frame(2, "c"));
  joiner.send(frame(1, "d"));
  joiner.send('{"type":"exit"}');
  joiner.send(new Uint8Array(0));
  joiner.send(frame(1, "e"));
  await turn();
  expect(shown()).toEqual(["\x01ab", "\x02c", "\x01d", '{"type":"exit"}', "", "\x01e"]);
});

test("what comes alone goes at once", async () => {
  const { joiner, shown } = setting();
  joiner.send(frame(1, "a"));
  await turn();
  joiner.send(frame(1, "b"));
  await turn();
  expect(shown()).toEqual(["\x01a", "\x01b"]);
});

test("a joined frame is no larger than a server's chunk: a larger first one would be taken for a whole backlog", async () => {
  const { joiner, shown } = setting();
  for (let count = 0; count < 9; count += 1) joiner.send(frame(1, "x".repeat(1_024)));
  joiner.send(frame(1, "y".repeat(262_144)));
  joiner.send(frame(1, "z"));
  await turn();
  expect(shown().map((text) => text.length - 1)).toEqual([LARGEST_CHUNK, LARGEST_CHUNK, 1_024, 262_144, 1]);
});

test("a page that is busy gets larger ones, a little later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { joiner, shown, socket } = setting();
    socket.bufferedAmount = 100_000;
    joiner.send(frame(1, "a"));
    await turn();
    joiner.send(frame(1, "b"));
    await turn();
    expect(shown()).toEqual([]);
    vi.advanceTimersByTime(5);
    expect(shown()).toEqual(["\x01ab"]);
    joiner.send(frame(1, "c"));
    await turn();
    joiner.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(shown()).toEqual(["\x01ab"]);
  } finally {
    vi.useRealTimers();
  }
});
