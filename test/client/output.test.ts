import { expect, test } from "vitest";
import { readAsText, readOutput } from "../../src/client/output.ts";
import type { ExecutionExit } from "../../src/index.ts";

const exit: ExecutionExit = {
  outcome: "exited",
  exitCode: 0,
  signal: null,
  source: "exit-frame",
  complete: true,
  delivered: { stdout: { bytes: 0, proved: false }, stderr: { bytes: 0, proved: false } },
  message: null,
};

/** One process writing in these pieces. */
function followed(stdout: number[][], stderr: number[][] = []) {
  return { stdout: streamOf(stdout), stderr: streamOf(stderr), exit: Promise.resolve(exit) };
}

function streamOf(pieces: number[][]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Uint8Array.from(piece));
      controller.close();
    },
  });
}

test("a character that is split between chunks is one character", async () => {
  const text = await readAsText(followed([[0xf0, 0x9f], [0x98], [0x80, 0x21]], [[0xc3], [0xa9]]));
  expect(text).toEqual({ ...exit, stdout: "😀!", stderr: "é" });
});

test("one that never ends, and bytes that are no text, are replaced", async () => {
  expect((await readAsText(followed([[0x61, 0xff, 0x62], [0xc3]]))).stdout).toBe("a\ufffdb\ufffd");
});

test("bytes are joined as they are", async () => {
  const output = await readOutput(followed([[0, 255], [], [128]]));
  expect(output).toEqual({ ...exit, stdout: Uint8Array.of(0, 255, 128), stderr: new Uint8Array() });
});

test("both streams are read at once: neither waits for the other's end", async () => {
  let endStdout: () => void = () => {};
  const stdout = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      endStdout = () => controller.close();
    },
  });
  const stderr = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        // The process closes its stdout only when its stderr is read.
        controller.close();
        endStdout();
      },
    },
    { highWaterMark: 0 },
  );
  expect(await readAsText({ stdout, stderr, exit: Promise.resolve(exit) })).toMatchObject({
    stdout: "",
    stderr: "",
  });
});

test("a failure of the exit or of a stream is the failure", async () => {
  const failure = new Error("lost");
  const lost = Promise.reject(failure);
  await expect(readAsText({ ...followed([]), exit: lost })).rejects.toBe(failure);
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.error(failure);
    },
  });
  await expect(readOutput({ ...followed([]), stderr: broken })).rejects.toBe(failure);
});
