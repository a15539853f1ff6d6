import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The walls between the rooms of `src/attach`, read off the source. */

const folder = join(import.meta.dirname, "../../src/attach");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const source = (name: string) => readFileSync(join(folder, name), "utf8");
/** Code without comments: a comment may speak of timers. */
const code = (name: string) => source(name).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

test("the reducer imports nothing but types, and its own files", () => {
  const reducer = files.filter((name) => name.startsWith("reducer/"));
  expect(reducer.length).toBeGreaterThan(1);
  for (const name of reducer) {
    const imports = code(name).match(/^(import|export)\b[^;]*\bfrom\b[^;]*;/gm) ?? [];
    for (const statement of imports) {
      expect(statement, name).toMatch(/^import type |from "\.\/[a-z-]+\.ts";$/);
    }
    expect(code(name), name).not.toMatch(/\b(import|require)\s*\(|Math\.random|\bDate\b|\bperformance\b/);
  }
});

test("nothing but the clock and the transport touches timers or sockets", () => {
  const touches =
    /\b(setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b|\bnew \w*WebSocket|from "(isomorphic-ws|ws|node:[^"]+)"/;
  const found = files.filter((name) => touches.test(code(name)));
  expect(found.sort()).toEqual([
    "clock.ts",
    "shared-timer.ts",
    "sockets/node-socket.ts",
    "sockets/pong.ts",
    "wake.ts",
    "websocket.ts",
  ]);
});

test("frames and replay know neither the pump nor the streams", () => {
  for (const name of files.filter((file) => file.startsWith("replay/") || file === "frames.ts")) {
    expect(code(name), name).not.toMatch(/from "\.\.?\/(pump|attachment|streams|websocket|transport)/);
  }
});
