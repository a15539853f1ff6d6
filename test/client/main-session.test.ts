import { afterEach, expect, test, vi } from "vitest";
import type { WebSocketLike } from "../../src/index.ts";
import { BoxLite } from "../../src/index.ts";
import { boxAnswer } from "./scripted-server.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("a connection that is never open is given up after 10 s, and closed", async () => {
  let closed = 0;
  const silent: WebSocketLike = {
    binaryType: "arraybuffer",
    readyState: 0,
    bufferedAmount: 0,
    send() {},
    close() {
      closed += 1;
    },
    addEventListener() {},
  };
  const boxlite = new BoxLite({
    baseUrl: "http://server.example",
    prefix: null,
    fetch: async () => Response.json(boxAnswer("b1")),
    webSocket: () => silent,
  });
  const box = await boxlite.boxes.get("b1");
  vi.useFakeTimers();
  const attached = box.attachMain();
  await vi.dynamicImportSettled();
  const failure = expect(attached).rejects.toMatchObject({ name: "TimeoutError", operation: "box.attach" });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(closed).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  await failure;
  expect(closed).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
