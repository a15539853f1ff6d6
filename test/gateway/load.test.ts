import { expect, test } from "vitest";
import { loadGateway } from "./load.ts";
import "./patience.ts";

test("200 attaches at once through one gateway: each has its own output, and none is left", async () => {
  const { attaches, wrong, bytes } = await loadGateway(200);
  expect({ attaches, wrong, bytes }).toEqual({ attaches: 200, wrong: 0, bytes: 200 * 16 * 1024 });
});
