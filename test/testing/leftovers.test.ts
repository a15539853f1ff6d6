import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { connectRaw } from "./raw-client.ts";
import { startSetting } from "./setting.ts";
import { stdout } from "./wire.ts";

/** The sockets and servers that keep the event loop alive. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCP"));
}

// In a file of its own, as what other tests leave to the garbage collector would be counted, too.
test("a closed proxy leaves no socket and no server", async () => {
  expect(handles()).toEqual([]);
  const attach = {
    attach: ({ socket }: { socket: { write(bytes: Buffer): unknown } }) =>
      void socket.write(stdout(randomBytes(100_000))),
  };
  const setting = await startSetting(attach, {
    plan: ({ index }) => (index < 2 ? { latency: 20, bandwidth: 1000 } : undefined),
  });
  const clients = [0, 1, 2].map(() => connectRaw(setting.proxy.url));
  for (const index of [0, 1, 2]) await setting.target.connection(index);
  await setting.event("open");
  setting.proxy.silence();
  expect(handles().length).toBeGreaterThan(10);
  await setting[Symbol.asyncDispose]();
  for (const client of clients) {
    await client.ended();
    client.socket.destroy();
    if (!client.socket.closed) await once(client.socket, "close");
  }
  // The event loop lets go of a closed handle within two of its turns.
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  expect(handles()).toEqual([]);
});
