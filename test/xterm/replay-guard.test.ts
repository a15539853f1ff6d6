import { expect, test } from "vitest";
import { createReplayGuard } from "../../src/xterm/replay-guard.ts";

function create() {
  const sent: string[] = [];
  return { sent, guard: createReplayGuard((text) => sent.push(text)) };
}

test("with no replay in the terminal, all goes at once", () => {
  const { sent, guard } = create();
  guard.writing(false);
  guard.input("answer");
  expect(sent).toEqual(["answer"]);
});

test("what comes in one go with the callback of a replayed piece is dropped, of a live one sent, in order", async () => {
  const { sent, guard } = create();
  guard.writing(true);
  guard.writing(false);
  guard.input("old");
  guard.parsed(true);
  guard.input("first");
  guard.parsed(false);
  guard.input("second");
  expect(sent).toEqual(["first", "second"]);
  await Promise.resolve();
  expect(sent).toEqual(["first", "second"]);
});

test("what comes in a task of its own is sent at its end", async () => {
  const { sent, guard } = create();
  guard.writing(true);
  guard.input("a");
  guard.input("b");
  await Promise.resolve();
  expect(sent).toEqual(["a", "b"]);
  guard.input("old");
  guard.parsed(true);
  await Promise.resolve();
  expect(sent).toEqual(["a", "b"]);
});

test("a key is no answer of a piece that is given, and parsed, in the same task", () => {
  const { sent, guard } = create();
  guard.writing(true);
  guard.input("key");
  // After a key xterm.js parses within write().
  guard.writing(true);
  guard.input("old");
  guard.parsed(true);
  expect(sent).toEqual(["key"]);
});
