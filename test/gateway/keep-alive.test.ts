import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAlive } from "../../src/gateway/keep-alive.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState: 0 | 1 | 2 | 3 = 1;
  readonly said: string[] = [];
  ping(): void {
    this.said.push("ping");
  }
  terminate(): void {
    this.said.push("terminate");
  }
}

function keptAlive() {
  const socket = new Socket();
  // biome-ignore lint/suspicious/noExplicitAny: an emitter is all of a socket that is listened to.
  return { socket, stop: keepAlive(socket as any) };
}

test("a page that answers is pinged, for ever", () => {
  const { socket } = keptAlive();
  for (let ping = 0; ping < 100; ping += 1) {
    vi.advanceTimersByTime(15_000);
    socket.emit(ping % 2 === 0 ? "pong" : "message");
  }
  expect(socket.said).toEqual(Array(100).fill("ping"));
});

test("a page that gives no sign of life for three pings is cut", () => {
  const { socket } = keptAlive();
  vi.advanceTimersByTime(59_999);
  expect(socket.said).toEqual(["ping", "ping", "ping"]);
  vi.advanceTimersByTime(1);
  expect(socket.said.at(-1)).toBe("terminate");
});

test("nothing is left running", () => {
  const { socket, stop } = keptAlive();
  socket.readyState = 2;
  vi.advanceTimersByTime(15_000);
  expect(socket.said).toEqual([]);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});
