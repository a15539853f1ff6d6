import fc from "fast-check";
import { expect, test } from "vitest";
import { createOutputStream, type OverflowPolicy } from "../../../src/attach/streams/output-stream.ts";
import { collectBytes } from "../../support/collect.ts";
import { memoryInUse } from "../../support/memory-in-use.ts";

function open(name: string, maxBufferedBytes: number, overflow: OverflowPolicy = "error") {
  const dropped: string[] = [];
  const stream = createOutputStream({
    name,
    maxBufferedBytes,
    overflow,
    dropped: (bytes, position) => dropped.push(`${bytes} at ${position}`),
  });
  return { ...stream, stream, dropped };
}

test("a large chunk that is alone in its message is handed on as it is, without a copy", async () => {
  const { readable, write } = open("stdout", 1 << 20);
  const reader = readable.getReader();
  const read = reader.read();
  const message = new Uint8Array(20_001);
  write(message.subarray(1));
  expect((await read).value?.buffer).toBe(message.buffer);
});

test.each([100, 40_000])(
  "chunks of %d bytes whose buffer holds others, too, are copied: who reads one may transfer it",
  async (size) => {
    const { readable, write, end } = open("stdout", 1 << 20);
    const reader = readable.getReader();
    const received = new Uint8Array(4 * size).map((_, at) => at / size);
    const read: number[] = [];
    const take = (piece: ReadableStreamReadResult<Uint8Array<ArrayBuffer>>) => {
      if (!piece.done) read.push(...structuredClone(piece.value, { transfer: [piece.value.buffer] }));
    };
    const waiting = reader.read();
    write(received.subarray(0, size));
    take(await waiting);
    for (let at = size; at < received.length; at += size) write(received.subarray(at, at + size));
    end();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) take(piece);
    expect(read).toEqual([...received]);
    expect(received.length).toBe(4 * size);
  },
);

test("small chunks that wait together are handed out together, in order, up to 64 KiB", async () => {
  const { readable, write, end } = open("stdout", 1 << 20);
  for (let chunk = 0; chunk < 200; chunk += 1) write(new Uint8Array(1_000).fill(chunk));
  end();
  const reader = readable.getReader();
  const first = await reader.read();
  expect(first.value?.length).toBe(65_000);
  reader.releaseLock();
  const rest = await collectBytes(readable);
  expect(rest.length).toBe(135_000);
  expect([first.value?.[64_999], rest[0], rest[134_999]]).toEqual([64, 65, 199]);
});

test("a large chunk that waits is handed out as it is, and not put together with what is around it", async () => {
  const { readable, write } = open("stdout", 1 << 20);
  const large = new Uint8Array(200_000);
  for (const chunk of [new Uint8Array([1]), large, new Uint8Array([2]), new Uint8Array([3])]) write(chunk);
  const reader = readable.getReader();
  expect((await reader.read()).value).toEqual(new Uint8Array([1]));
  expect((await reader.read()).value).toBe(large);
  expect((await reader.read()).value).toEqual(new Uint8Array([2, 3]));
});

test("chunks of one turn that somebody waits for come together, and no byte of them twice or in a buffer that is written to again", async () => {
  const { readable, write, end } = open("stdout", 1 << 20);
  const reader = readable.getReader();
  const chunks: Uint8Array[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const read = reader.read();
    for (let chunk = 0; chunk < 100; chunk += 1) write(new Uint8Array(turn * 7 + 1).fill(turn));
    const { value = new Uint8Array() } = await read;
    expect(value.length).toBe(100 * (turn * 7 + 1));
    // Kept as it is, it keeps at most twice its own.
    expect(value.buffer.byteLength).toBeLessThanOrEqual(2 * value.length);
    chunks.push(value);
  }
  end();
  expect((await reader.read()).done).toBe(true);
  for (const [turn, chunk] of chunks.entries()) expect(new Set(chunk)).toEqual(new Set([turn]));
});

test("what was handed out is not held any more, nor is the room for it", async () => {
  const bytes = new Uint8Array(1_000);
  const streams = Array.from({ length: 100 }, () => open("stdout", 1 << 20));
  const before = memoryInUse();
  for (const { readable, write } of streams) {
    for (let chunk = 0; chunk < 64; chunk += 1) write(bytes);
    const reader = readable.getReader();
    expect((await reader.read()).value?.length).toBe(64_000);
  }
  expect(memoryInUse() - before).toBeLessThan(streams.length * 10_000);
  // They are all there still.
  expect(streams.some(({ stream }) => stream.overflowed)).toBe(false);
});

test("what somebody waits for is not counted as waiting beyond the limit", async () => {
  const { readable, write, stream } = open("stdout", 100);
  const reader = readable.getReader();
  const first = reader.read();
  // A stream asks for nothing before it has started.
  await Promise.resolve();
  for (let chunk = 0; chunk < 20; chunk += 1) write(new Uint8Array(10).fill(chunk));
  expect((await first).value?.length).toBe(100);
  expect((await reader.read()).value?.length).toBe(100);
  expect(stream.overflowed).toBe(false);
});

test("what waits is read before an end and before a failure", async () => {
  const ended = open("stdout", 1_000);
  ended.write(new Uint8Array([1]));
  ended.end();
  expect(await collectBytes(ended.readable)).toEqual(new Uint8Array([1]));

  const failed = open("stdout", 1_000);
  failed.write(new Uint8Array([2]));
  failed.fail(new Error("broken"));
  const reader = failed.readable.getReader();
  expect((await reader.read()).value).toEqual(new Uint8Array([2]));
  await expect(reader.read()).rejects.toThrow("broken");
});

test("a reader that waits learns of the end and of a failure", async () => {
  const ended = open("stdout", 1_000);
  const endedRead = ended.readable.getReader().read();
  ended.end();
  expect((await endedRead).done).toBe(true);

  const failed = open("stdout", 1_000);
  const failedRead = failed.readable.getReader().read();
  failed.fail(new Error("broken"));
  await expect(failedRead).rejects.toThrow("broken");
});

test("over the limit it fails with a typed error, after what was within it", async () => {
  const { readable, write } = open("stdout of e1", 100);
  write(new Uint8Array(60));
  write(new Uint8Array(40));
  write(new Uint8Array(1));
  write(new Uint8Array(1));
  const reader = readable.getReader();
  expect((await reader.read()).value?.length).toBe(100);
  await expect(reader.read()).rejects.toMatchObject({ code: "buffer_overflow" });
  await expect(reader.read()).rejects.toThrow(
    "stdout of e1: the consumer fell behind by more than 100 bytes",
  );
});

test("the limit is on what waits, not on what passes through", async () => {
  const { readable, write, end } = open("stdout", 100);
  const read = collectBytes(readable);
  for (let chunk = 0; chunk < 50; chunk += 1) {
    write(new Uint8Array(100));
    await new Promise((resolve) => setImmediate(resolve));
  }
  end();
  expect((await read).length).toBe(5_000);
});

test("a cancelled stream takes writes and throws them away", async () => {
  const { readable, write, end } = open("stdout", 100);
  write(new Uint8Array(90));
  await readable.cancel();
  write(new Uint8Array(90));
  end();
  expect((await readable.getReader().read()).done).toBe(true);
});

test("with drop-oldest the newest bytes are kept, and the reader is told where others are missing", async () => {
  const { readable, write, end, stream, dropped } = open("stdout", 10, "drop-oldest");
  const reader = readable.getReader();
  const first = reader.read();
  write(new Uint8Array([1, 2, 3]));
  await first;
  for (let byte = 10; byte < 40; byte += 3) write(new Uint8Array([byte, byte + 1, byte + 2]));
  expect(dropped).toEqual([]);
  expect(stream.overflowed).toBe(true);
  const second = await reader.read();
  expect([...(second.value ?? [])]).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  expect(dropped).toEqual(["20 at 3"]);
  write(new Uint8Array(25).fill(7));
  expect(dropped).toEqual(["20 at 3"]);
  end();
  // Not left to the next read: the events end with the stream.
  expect(dropped).toEqual(["20 at 3", "15 at 13"]);
  expect((await reader.read()).value).toEqual(new Uint8Array(10).fill(7));
  expect(dropped).toEqual(["20 at 3", "15 at 13"]);
  expect((await reader.read()).done).toBe(true);
});

test("whatever is written and read, what is read and what was told to be missing are all of it, in order", async () => {
  const step = fc.oneof(
    fc.record({
      write: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 15_000, max: 70_000 })),
    }),
    fc.constant({ write: 0 }),
  );
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 40 }),
    fc.constantFrom(100, 20_000, 200_000),
    async (steps, maxBufferedBytes) => {
      const source = new Uint8Array(steps.reduce((length, { write }) => length + write, 0));
      for (const at of source.keys()) source[at] = at * 31 + (at >> 8);
      const { readable, write, end, dropped } = open("stdout", maxBufferedBytes, "drop-oldest");
      const reader = readable.getReader();
      const pieces: Uint8Array[] = [];
      const reads: Promise<void>[] = [];
      const read = async () => {
        const { value } = await reader.read();
        if (value !== undefined) pieces.push(value);
      };
      let written = 0;
      for (const { write: length } of steps) {
        if (length === 0) reads.push(read());
        else write(source.subarray(written, written + length));
        written += length;
        await Promise.resolve();
      }
      end();
      await Promise.all(reads);
      for (let piece = await reader.read(); !piece.done; piece = await reader.read())
        pieces.push(piece.value);
      const holes = dropped.map((hole) => hole.split(" at ").map(Number));
      let position = 0;
      let missing = 0;
      for (const piece of pieces) {
        for (const [bytes = 0, at] of holes) if (at === position) missing += bytes;
        const at = position + missing;
        expect(Buffer.compare(piece, source.subarray(at, at + piece.length))).toBe(0);
        position += piece.length;
      }
      expect(position + holes.reduce((sum, [bytes = 0]) => sum + bytes, 0)).toBe(source.length);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
