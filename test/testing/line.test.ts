import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLine, type LineOptions } from "../../src/testing/line.ts";

/** A sink that takes bytes at once, or only when told to. */
function sink(options: { stalls?: boolean } = {}) {
  const chunks: Buffer[] = [];
  const pending: (() => void)[] = [];
  const writable = new Writable({
    highWaterMark: 1000,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      if (options.stalls) pending.push(done);
      else done();
    },
  });
  return {
    writable,
    get bytes() {
      return Buffer.concat(chunks);
    },
    /** Lets one write complete. */
    async take() {
      pending.shift()?.();
      await Promise.resolve();
    },
  };
}

const plain: LineOptions = { latency: 0, bandwidth: Number.POSITIVE_INFINITY, onReady() {} };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a line", () => {
  test("without delays writes at once", () => {
    const to = sink();
    const line = createLine(to.writable, plain);
    const order: string[] = [];
    expect(line.push(Buffer.from("ab"))).toBe(true);
    line.finish(() => order.push(to.bytes.toString()));
    expect(order).toEqual(["ab"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("with a latency hands over each push when it is due, in order, and what finishes it last", () => {
    const to = sink();
    const line = createLine(to.writable, { ...plain, latency: 100 });
    let finished = false;
    line.push(Buffer.from("a"));
    vi.advanceTimersByTime(60);
    line.push(Buffer.from("b"));
    line.finish(() => {
      finished = true;
    });
    vi.advanceTimersByTime(39);
    expect(to.bytes.toString()).toBe("");
    vi.advanceTimersByTime(1);
    expect(to.bytes.toString()).toBe("a");
    expect(finished).toBe(false);
    vi.advanceTimersByTime(60);
    expect(to.bytes.toString()).toBe("ab");
    expect(finished).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("with a bandwidth hands over so many bytes per second, and loses none", () => {
    const to = sink();
    const line = createLine(to.writable, { ...plain, bandwidth: 10_000 });
    const sent = Buffer.from(Array.from({ length: 25_000 }, (_, index) => index % 251));
    let finished = false;
    line.push(sent.subarray(0, 20_000));
    line.push(sent.subarray(20_000));
    line.finish(() => {
      finished = true;
    });
    for (const second of [1, 2]) {
      vi.advanceTimersByTime(1000);
      expect(to.bytes.length).toBeGreaterThan(second * 10_000 - 400);
      expect(to.bytes.length).toBeLessThan(second * 10_000 + 400);
    }
    expect(finished).toBe(false);
    vi.advanceTimersByTime(600);
    expect(to.bytes.equals(sent)).toBe(true);
    expect(finished).toBe(true);
  });

  test("at one byte per second hands over one byte per second", () => {
    const to = sink();
    createLine(to.writable, { ...plain, bandwidth: 1 }).push(Buffer.from("abcdef"));
    vi.advanceTimersByTime(3500);
    expect(to.bytes.toString()).toBe("abcd");
  });

  test("asks for a pause when it holds much, and says when there is room again", () => {
    const to = sink();
    const onReady = vi.fn();
    const line = createLine(to.writable, { latency: 50, bandwidth: Number.POSITIVE_INFINITY, onReady });
    expect(line.push(Buffer.alloc(1_048_575))).toBe(true);
    expect(line.push(Buffer.alloc(1))).toBe(false);
    expect(onReady).not.toHaveBeenCalled();
    vi.advanceTimersByTime(50);
    expect(to.bytes.length).toBe(1_048_576);
    expect(onReady).toHaveBeenCalledTimes(1);
  });

  test("waits for a slow sink", async () => {
    const to = sink({ stalls: true });
    const line = createLine(to.writable, { ...plain, latency: 10 });
    for (const text of ["a", "b", "c"]) line.push(Buffer.from(text.repeat(1500)));
    let finished = false;
    line.finish(() => {
      finished = true;
    });
    vi.advanceTimersByTime(1000);
    expect(to.writable.writableLength).toBe(1500);
    expect(finished).toBe(false);
    const drained = new Promise((resolve) => to.writable.on("drain", resolve));
    await to.take();
    await drained;
    expect(to.writable.writableLength).toBe(1500);
    expect(to.bytes.toString()).toBe("a".repeat(1500) + "b".repeat(1500));
  });

  test.each([0, 10])("forgets everything when dropped (latency %i)", (latency) => {
    const to = sink();
    const line = createLine(to.writable, { ...plain, latency });
    line.drop();
    line.push(Buffer.from("late"));
    line.finish(() => {
      throw new Error("A dropped line finished.");
    });
    vi.advanceTimersByTime(1000);
    expect(to.bytes.length).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(to.writable.listenerCount("drain")).toBe(0);
  });

  test("ends its timer when dropped on the way", () => {
    const to = sink();
    const line = createLine(to.writable, { ...plain, latency: 10 });
    line.push(Buffer.from("a"));
    expect(vi.getTimerCount()).toBe(1);
    line.drop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is delayed, less delayed and not delayed any more from one push to the next, and keeps the order", () => {
    const to = sink();
    const line = createLine(to.writable, plain);
    line.push(Buffer.from("a"));
    line.delay(100);
    line.push(Buffer.from("b"));
    expect(to.bytes.toString()).toBe("a");
    line.delay(20);
    line.push(Buffer.from("c"));
    vi.advanceTimersByTime(99);
    expect(to.bytes.toString()).toBe("a");
    vi.advanceTimersByTime(1);
    expect(to.bytes.toString()).toBe("abc");
    line.delay(0);
    line.push(Buffer.from("d"));
    expect(to.bytes.toString()).toBe("abcd");
    expect(vi.getTimerCount()).toBe(0);
    line.drop();
    expect(to.writable.listenerCount("drain")).toBe(0);
  });

  test("that asked for a pause before it was delayed says when there is room again", async () => {
    const to = sink({ stalls: true });
    const onReady = vi.fn();
    const line = createLine(to.writable, { ...plain, onReady });
    expect(line.push(Buffer.alloc(1000))).toBe(false);
    line.delay(10);
    const drained = new Promise((resolve) => to.writable.on("drain", resolve));
    await to.take();
    await drained;
    expect(onReady).toHaveBeenCalledTimes(1);
  });

  test("that was dropped is not brought back by a delay", () => {
    const to = sink();
    const line = createLine(to.writable, plain);
    line.drop();
    line.delay(10);
    line.push(Buffer.from("late"));
    vi.advanceTimersByTime(100);
    expect(to.bytes.length).toBe(0);
    expect(to.writable.listenerCount("drain")).toBe(0);
  });
});
