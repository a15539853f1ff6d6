import { expect, test } from "vitest";
import { feed } from "../../src/client/feed.ts";

function recordingSink() {
  const log: string[] = [];
  const stdin = new WritableStream<Uint8Array>({
    write(chunk) {
      log.push(new TextDecoder().decode(chunk));
    },
    close() {
      log.push("closed");
    },
    abort() {
      log.push("aborted");
    },
  });
  return { log, stdin };
}

test("a source that fails neither closes nor aborts stdin: the process would take it for the end", async () => {
  const { log, stdin } = recordingSink();
  const cause = new Error("the disk is gone");
  const pieces = [new TextEncoder().encode("half")];
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.error(cause);
      else controller.enqueue(piece);
    },
  });
  const failed = await new Promise((resolve) => feed(source, stdin, resolve));
  expect(failed).toBe(cause);
  expect(log).not.toContain("closed");
  expect(log).not.toContain("aborted");
});

test("a stdin that fails is told of", async () => {
  const cause = new Error("over");
  const stdin = new WritableStream<Uint8Array>({
    write() {
      throw cause;
    },
  });
  const failed = await new Promise((resolve) => feed("text", stdin, resolve));
  expect(failed).toBe(cause);
});
