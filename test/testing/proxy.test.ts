import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startFaultProxy } from "../../src/testing/index.ts";
import { connectRaw, type RawClient } from "./raw-client.ts";
import { startTarget } from "./scripted-target.ts";
import { exchange, type Setting, startSetting } from "./setting.ts";
import { decode, outputOf, stdout } from "./wire.ts";

async function openClients(setting: Setting, count: number): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => connectRaw(setting.proxy.url));
  for (const client of clients) await client.until(() => client.head !== undefined);
  return clients;
}

async function statusOf(url: string): Promise<string | undefined> {
  const client = connectRaw(url);
  await client.until(() => client.head !== undefined);
  client.socket.destroy();
  return client.head?.split(" ")[1];
}

describe("cut()", () => {
  test.each(["fin", "rst"] as const)(
    "severs every open connection now (%s), and none that comes later",
    async (how) => {
      await using setting = await startSetting({
        attach: ({ socket }) => void socket.write(stdout("hello")),
      });
      const clients = await openClients(setting, 3);
      for (const client of clients) await client.until(() => client.body.length === stdout("hello").length);
      expect(setting.proxy.open).toBe(3);
      expect(setting.proxy.cut(how)).toBe(3);
      expect(setting.proxy.open).toBe(0);
      expect(setting.proxy.cut(how)).toBe(0);
      for (const client of clients) {
        await (how === "fin" ? client.ended() : client.reset());
        expect(client.state).toBe(how);
        client.socket.destroy();
      }
      for (const index of [0, 1, 2]) await (await setting.target.connection(index)).closed;
      expect(setting.events.filter((event) => event.type === "cut")).toEqual(
        [0, 1, 2].map((index) => ({ type: "cut", index, path: "/attach", bytes: 5, frames: 1 })),
      );
      const [later] = await openClients(setting, 1);
      expect(setting.proxy.open).toBe(1);
      later?.socket.destroy();
    },
  );

  test("severs a connection that waits for the target's answer", async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await using setting = await startSetting({ refuse: () => arrive() });
    const client = connectRaw(setting.proxy.url);
    await arrived;
    expect(setting.proxy.open).toBe(0);
    expect(setting.proxy.cut()).toBe(1);
    await client.ended();
    expect(client.head).toBeUndefined();
    client.socket.destroy();
  });

  test("loses what a latency holds back", async () => {
    await using setting = await startSetting(
      { attach: ({ socket }) => void socket.write(stdout("held back")) },
      { latency: 3_600_000 },
    );
    const client = connectRaw(setting.proxy.url);
    await setting.event("open");
    expect(setting.proxy.cut()).toBe(1);
    await client.ended();
    expect(client.head).toBeUndefined();
    client.socket.destroy();
  });
});

describe("latency", () => {
  test("holds up the connections that exist and those that come, until it is taken away", async () => {
    await using setting = await startSetting({
      attach: ({ socket }) => void socket.on("data", (bytes) => socket.write(bytes)),
    });
    const [client] = await openClients(setting, 1);
    if (client === undefined) throw new Error("no client");
    setting.proxy.latency = 3_600_000;
    client.socket.write(stdout("held"));
    const late = connectRaw(setting.proxy.url);
    await setting.target.connection(1);
    setting.proxy.latency = 0;
    expect(late.head).toBeUndefined();
    const [third] = await openClients(setting, 1);
    third?.socket.write(stdout("passes"));
    await third?.until(() => outputOf(decode(third.body)).toString() === "passes");
    // What was held up stays so, and what comes behind it, too.
    expect(client.body.length).toBe(0);
    for (const each of [client, late, third]) each?.socket.destroy();
  });

  test("is a number of milliseconds", async () => {
    await using setting = await startSetting({});
    expect(() => {
      setting.proxy.latency = Number.NaN;
    }).toThrow("latency must be 0 or more milliseconds, not NaN");
    expect(setting.proxy.latency).toBe(0);
  });
});

describe("silence()", () => {
  test("stops the flow of open connections, which can still be cut", async () => {
    await using setting = await startSetting({ attach: ({ socket }) => void socket.write(stdout("before")) });
    const clients = await openClients(setting, 2);
    for (const client of clients)
      await client.until(() => outputOf(decode(client.body)).toString() === "before");
    expect(setting.proxy.silence()).toBe(2);
    expect(setting.proxy.silence()).toBe(0);
    expect(setting.proxy.open).toBe(2);
    for (const index of [0, 1]) {
      const connection = await setting.target.connection(index);
      connection.socket.end(stdout("after"));
      await connection.closed;
    }
    expect(setting.proxy.cut()).toBe(2);
    for (const client of clients) {
      await client.ended();
      expect(outputOf(decode(client.body)).toString()).toBe("before");
      client.socket.destroy();
    }
  });

  test("frees a server that was held up by a client that does not read", async () => {
    await using setting = await startSetting({
      attach: ({ socket }) => void socket.end(Buffer.alloc(32_000_000)),
    });
    const client = connectRaw(setting.proxy.url);
    client.socket.pause();
    const connection = await setting.target.connection(0);
    await exchange(setting.proxy.url, () => connection.socket.writableLength === 0);
    expect(connection.socket.writableLength).toBeGreaterThan(0);
    expect(setting.proxy.silence()).toBe(1);
    await connection.closed;
    client.socket.destroy();
  });
});

describe("refuse()", () => {
  test("answers the next upgrades, and the plan is not asked about them", async () => {
    const asked: number[] = [];
    await using setting = await startSetting({}, { plan: ({ index }) => void asked.push(index) });
    setting.proxy.refuse(409, { attaches: 2 });
    expect(await statusOf(setting.proxy.url)).toBe("409");
    expect(await statusOf(setting.proxy.url)).toBe("409");
    expect(await statusOf(setting.proxy.url)).toBe("101");
    expect(asked).toEqual([2]);
    expect(setting.target.upgrades).toHaveLength(1);
    expect(setting.events.slice(0, 2)).toEqual(
      [0, 1].map((index) => ({ type: "refused", index, path: "/attach", status: 409, by: "proxy" })),
    );
  });

  test("for a time, with headers and a body, until another call ends it", async () => {
    await using setting = await startSetting({});
    const body = '{"error":{"code":"resource_exhausted","message":"slow down – später"}}';
    const headers = { "Content-Type": "application/json", "Retry-After": "5" };
    setting.proxy.refuse({ status: 429, body, headers }, { ms: 3_600_000 });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    client.socket.destroy();
    expect(client.head).toMatch(/^HTTP\/1.1 429 Too Many Requests\r\n/);
    expect(client.head).toContain("Content-Type: application/json");
    expect(client.head).not.toContain("text/plain");
    expect(client.head).toContain("Retry-After: 5");
    expect(client.head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(client.body.toString()).toBe(body);
    setting.proxy.refuse(429, { attaches: 0 });
    expect(await statusOf(setting.proxy.url)).toBe("101");
  });

  test("is over when the time is", async () => {
    await using setting = await startSetting({});
    setting.proxy.refuse(503, { ms: 0 });
    expect(await statusOf(setting.proxy.url)).toBe("101");
  });

  test("by plan does the same for one attach", async () => {
    await using setting = await startSetting(
      {},
      { plan: ({ index }) => (index === 0 ? { refuse: { status: 404 } } : {}) },
    );
    expect(await statusOf(setting.proxy.url)).toBe("404");
    expect(await statusOf(setting.proxy.url)).toBe("101");
    setting.proxy.plan = () => ({ refuse: { status: 410 } });
    expect(await statusOf(setting.proxy.url)).toBe("410");
    setting.proxy.plan = undefined;
    expect(await statusOf(setting.proxy.url)).toBe("101");
    expect(setting.target.upgrades).toHaveLength(2);
  });
});

describe("close()", () => {
  test("ends every connection of every kind, on both sides, and the port", async () => {
    await using target = await startTarget({
      request: (_request, response) => void response.write("never complete"),
    });
    const proxy = await startFaultProxy({
      target: target.url,
      plan: ({ index }) =>
        [
          {},
          { silence: { afterOpen: true } as const },
          { cut: { afterOpen: true, how: "fin" } as const },
          { latency: 3_600_000 },
        ][index],
      requests: ({ index }) => (index === 1 ? "silence" : undefined),
    });
    const clients: RawClient[] = [];
    for (const index of [0, 1, 2, 3]) {
      const client = connectRaw(proxy.url);
      clients.push(client);
      await target.connection(index);
      if (index < 3) await client.until(() => client.head !== undefined);
    }
    proxy.refuse(409, { attaches: 1 });
    clients.push(connectRaw(proxy.url));
    await clients[4]?.until(() => clients[4]?.head !== undefined);
    const streaming = await fetch(proxy.url);
    const unanswered = connect(Number(new URL(proxy.url).port), "127.0.0.1");
    unanswered.on("error", () => {});
    unanswered.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const body = expect(streaming.text()).rejects.toThrow();

    const first = proxy.close();
    expect(proxy.close()).toBe(first);
    await first;
    await body;
    for (const client of clients) await client.ended();
    for (const index of [0, 1, 2, 3]) await (await target.connection(index)).closed;
    if (!unanswered.closed) await once(unanswered, "close");
    expect(proxy.open).toBe(0);
    await expect(fetch(proxy.url)).rejects.toThrow();
    for (const client of clients) client.socket.destroy();
  });
});

describe("startFaultProxy", () => {
  test.each([
    "127.0.0.1:8100",
    "ftp://host",
    "http://user:password@host",
    "http://host/?a=1",
    "http://host/#a",
    "",
  ])("rejects a target that is none: %s", async (target) => {
    await expect(startFaultProxy({ target })).rejects.toThrow(
      /^Fault proxy: target must be an http: or https: URL/,
    );
    await expect(startFaultProxy({ target })).rejects.toBeInstanceOf(TypeError);
  });

  test("does not repeat a password in its message", async () => {
    await expect(startFaultProxy({ target: "http://user:hunter2@host" })).rejects.not.toThrow(/hunter2/);
  });

  test("listens on the port that it is told, at 127.0.0.1 only, and rejects when it is taken", async () => {
    await using first = await startFaultProxy({ target: "http://127.0.0.1:1" });
    const port = Number(new URL(first.url).port);
    expect(first.url).toBe(`http://127.0.0.1:${port}`);
    await expect(startFaultProxy({ target: "http://127.0.0.1:1", port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    await first.close();
    await using second = await startFaultProxy({ target: "http://127.0.0.1:1", port });
    expect(second.url).toBe(first.url);
  });
});
