import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Box, BoxLite } from "../../src/index.ts";
import { type LocalServerOptions, startLocalServer } from "../../src/local/index.ts";
import { memoryInUse } from "../support/memory-in-use.ts";
import { clientFrame, connectRaw, flood, type RawClient, upgradeOf } from "./raw-client.ts";

/** What a client may send to the local server without end, or not at all: what is kept for it is bounded, and others are served. */

const MIB = 1024 * 1024;

async function begin(options: LocalServerOptions) {
  const server = await startLocalServer(options);
  onTestFinished(() => server.close());
  const authorization = `Bearer ${server.token}`;
  const boxlite = new BoxLite({ baseUrl: server.url, token: server.token, retry: { limit: 0 } });
  const box = await boxlite.boxes.create();

  async function raw(text = ""): Promise<RawClient> {
    const client = await connectRaw(server.url, text);
    onTestFinished(() => void client.socket.destroy());
    return client;
  }

  /** A command that nobody has attached to. */
  async function exec(body: Record<string, unknown>): Promise<string> {
    const answer = await fetch(`${server.url}/v1/boxes/${box.id}/exec`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return `/v1/boxes/${box.id}/executions/${(await answer.json()).execution_id}/attach`;
  }

  async function rawAttach(body: Record<string, unknown>): Promise<RawClient> {
    const client = await raw(upgradeOf(server.url, await exec(body), { Authorization: authorization }));
    await expect.poll(() => client.received).toContain("101 Switching");
    return client;
  }

  async function isServed(): Promise<boolean> {
    const { stdout } = await boxlite.run({ command: "echo", args: ["served"] });
    return stdout === "served\n";
  }

  return { server, boxlite, box, authorization, raw, exec, rawAttach, isServed };
}

/** Bytes of stdin that were taken of a client, when there are no more. */
async function takenOf(box: Box): Promise<number> {
  for (let before = -1; ; ) {
    const { bytesSentTotal = 0 } = await box.metrics();
    if (bytesSentTotal === before) return before;
    before = bytesSentTotal;
  }
}

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  test("sockets that say nothing, or their headers a letter at a time, are closed", async () => {
    const { raw, isServed } = await begin({ dialect, times: { headersTimeout: 200 } });
    const silent = await Promise.all(Array.from({ length: 200 }, () => raw()));
    const dripping = await raw("GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const drip = setInterval(() => dripping.socket.write("x"), 20);
    expect(await isServed()).toBe(true);
    await Promise.all([dripping, ...silent].map(({ ended }) => ended));
    clearInterval(drip);
    expect(dripping.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("connections beyond the limit are closed, and let in when others have gone", async () => {
    const { raw, isServed, boxlite } = await begin({ dialect, maxConnections: 20 });
    // Its own connection, which is kept for the next request.
    expect(await isServed()).toBe(true);
    const idle = await Promise.all(Array.from({ length: 40 }, () => raw()));
    const open = new Set(idle);
    for (const client of idle) void client.ended.then(() => open.delete(client));
    await expect.poll(() => open.size).toBeLessThanOrEqual(20);
    for (const { socket } of open) socket.destroy();
    await expect.poll(() => boxlite.me().then(() => "served", String)).toBe("served");
    expect(await isServed()).toBe(true);
  });

  test("upgrades that are refused do not keep their connection, though their client does not close it", async () => {
    const { server, raw } = await begin({ dialect });
    const refused = await Promise.all([
      raw(upgradeOf(server.url, "/v1/nowhere")),
      raw(`${upgradeOf(server.url, "/v1/nowhere")}and what is sent behind it`),
    ]);
    await Promise.all(refused.map(({ ended }) => ended));
    for (const { received } of refused) expect(received).toMatch(/^HTTP\/1\.1 401 /);
    // What is written to a connection that is gone is answered by a reset.
    const drip = setInterval(() => {
      for (const { socket } of refused) socket.write("x");
    }, 50);
    await Promise.all(refused.map(({ closed }) => closed));
    clearInterval(drip);
  });

  test("upgrades without a token, however many, hold nothing", async () => {
    const { server, exec, raw, isServed } = await begin({ dialect });
    const path = await exec({ command: "cat" });
    const clients = await Promise.all(Array.from({ length: 300 }, () => raw(upgradeOf(server.url, path))));
    await Promise.all(clients.map(({ ended }) => ended));
    for (const { received, socket } of clients) {
      expect(received).toMatch(/^HTTP\/1\.1 401 /);
      socket.destroy();
    }
    expect(await isServed()).toBe(true);
  });

  test("of many attaches of one execution one is let in, and the slot is free when it goes", async () => {
    const { server, authorization, exec, raw } = await begin({ dialect });
    const path = await exec({ command: "cat" });
    const attach = () => raw(upgradeOf(server.url, path, { Authorization: authorization }));
    const clients = await Promise.all(Array.from({ length: 200 }, attach));
    await expect.poll(() => clients.every(({ received }) => received !== "")).toBe(true);
    const inside = clients.filter(({ received }) => received.startsWith("HTTP/1.1 101"));
    expect(inside).toHaveLength(1);
    expect(clients.filter(({ received }) => received.startsWith("HTTP/1.1 409"))).toHaveLength(199);
    inside[0]?.socket.destroy();
    await expect
      .poll(async () => {
        const next = await attach();
        await once(next.socket, "data");
        return next.received;
      })
      .toMatch(/^HTTP\/1\.1 101 /);
  });

  test.each([
    ["a process", { command: "sleep", args: ["1000"] }],
    ["a terminal", { command: "sh", args: ["-c", "stty raw; echo raw; exec sleep 1000"], tty: true }],
  ])("stdin a byte at a time, for %s that does not read it, does not fill memory", async (_, body) => {
    const { box, rawAttach, isServed } = await begin({ dialect });
    const client = await rawAttach(body);
    if ("tty" in body) await expect.poll(() => client.received).toContain("raw");
    const before = memoryInUse();
    const piece = Buffer.concat(Array.from({ length: 5_000 }, () => clientFrame(2, "x")));
    // Not waiting for what is not taken: it is the same piece each time, and waits here.
    for (let sent = 0; sent < 300; sent += 1) client.socket.write(piece);
    expect(await takenOf(box)).toBeLessThan(1_500_000);
    expect(memoryInUse() - before).toBeLessThan(32 * MIB);
    client.socket.destroy();
    expect(await isServed()).toBe(true);
  });

  test.each([
    [
      "what is answered by an error is not answered without end to a client that does not read",
      1,
      "{}",
      800_000,
    ],
    ["pings are not, either", 9, "x".repeat(125), 200_000],
  ])("%s", async (_, opcode, payload, count) => {
    const { rawAttach, isServed } = await begin({ dialect });
    const client = await rawAttach({ command: "cat" });
    client.socket.pause();
    const piece = Buffer.concat(Array.from({ length: 500 }, () => clientFrame(opcode, payload)));
    expect(await flood(client, piece, count / 500)).toBeLessThan(16 * MIB);
    client.socket.destroy();
    expect(await isServed()).toBe(true);
  });
});
