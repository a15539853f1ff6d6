import { expect, test } from "vitest";
import { createOutputStream } from "../../../src/attach/streams/output-stream.ts";
import { collectBytes } from "../../support/collect.ts";

test("a chunk that somebody waits for is handed on as it is, without a copy", async () => {
  const { readable, write } = createOutputStream("stdout", 1_000);
  const reader = readable.getReader();
  const read = reader.read();
  const chunk = new Uint8Array([1, 2, 3]);
  write(chunk);
  expect((await read).value).toBe(chunk);
});

test("small chunks that wait together are handed out together, in order, up to 64 KiB", async () => {
  const { readable, write, end } = createOutputStream("stdout", 1 << 20);
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

test("what waits is read before an end and before a failure", async () => {
  const ended = createOutputStream("stdout", 1_000);
  ended.write(new Uint8Array([1]));
  ended.end();
  expect(await collectBytes(ended.readable)).toEqual(new Uint8Array([1]));

  const failed = createOutputStream("stdout", 1_000);
  failed.write(new Uint8Array([2]));
  failed.fail(new Error("broken"));
  const reader = failed.readable.getReader();
  expect((await reader.read()).value).toEqual(new Uint8Array([2]));
  await expect(reader.read()).rejects.toThrow("broken");
});

test("a reader that waits learns of the end and of a failure", async () => {
  const ended = createOutputStream("stdout", 1_000);
  const endedRead = ended.readable.getReader().read();
  ended.end();
  expect((await endedRead).done).toBe(true);

  const failed = createOutputStream("stdout", 1_000);
  const failedRead = failed.readable.getReader().read();
  failed.fail(new Error("broken"));
  await expect(failedRead).rejects.toThrow("broken");
});

test("over the limit it fails with a typed error, after what was within it", async () => {
  const { readable, write } = createOutputStream("stdout of e1", 100);
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
  const { readable, write, end } = createOutputStream("stdout", 100);
  const read = collectBytes(readable);
  for (let chunk = 0; chunk < 50; chunk += 1) {
    write(new Uint8Array(100));
    await new Promise((resolve) => setImmediate(resolve));
  }
  end();
  expect((await read).length).toBe(5_000);
});

test("a cancelled stream takes writes and throws them away", async () => {
  const { readable, write, end } = createOutputStream("stdout", 100);
  write(new Uint8Array(90));
  await readable.cancel();
  write(new Uint8Array(90));
  end();
  expect((await readable.getReader().read()).done).toBe(true);
});
