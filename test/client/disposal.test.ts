import { afterEach, expect, test, vi } from "vitest";
import { withDispose } from "../../src/client/disposal.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("await using disposes", async () => {
  const log: string[] = [];
  {
    await using held = withDispose({ name: "box" }, async () => {
      log.push("disposed");
    });
    log.push(held.name);
  }
  expect(log).toEqual(["box", "disposed"]);
});

test("where there is no such symbol there is no method called undefined", () => {
  vi.stubGlobal("Symbol", { iterator: Symbol.iterator });
  const held = withDispose({ name: "box" }, async () => {});
  expect(Object.getOwnPropertyNames(held)).toEqual(["name"]);
});
