import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectRaw } from "./raw-client.ts";
import type { TargetConnection } from "./scripted-target.ts";
import { exchange, startSetting } from "./setting.ts";
import { CLOSE, decode, encode, exit, messagesOf, outputOf, PING, stdout, TEXT } from "./wire.ts";

const normalClose = encode(CLOSE, Buffer.of(0x03, 0xe8));

/** A script that sends these bytes on each attach, and keeps the connection open. */
function sends(...bytes: Buffer[]) {
  return { attach: ({ socket }: TargetConnection) => void socket.write(Buffer.concat(bytes)) };
}

/** Three frames of output (10, 300 and 70,000 bytes) with a ping and a text between, an exit and a close. */
const sizes = [10, 300, 70_000];
const [ten, threeHundred, seventyThousand] = sizes.map((size) => stdout(randomBytes(size)));
const script = Buffer.concat([
  ten ?? Buffer.alloc(0),
  encode(PING, "beat"),
  threeHundred ?? Buffer.alloc(0),
  encode(TEXT, '{"type":"error","message":"informational"}'),
  seventyThousand ?? Buffer.alloc(0),
  exit(3),
  normalClose,
]);
const output = outputOf(decode(script));

describe("a cut after so many bytes", () => {
  const places = [0, 1, 9, 10, 11, 12, 309, 310, 311, 312, 65_000, 65_847, 65_848, 70_309];

  test.each(places)("of %i delivers these and no more, then ends in good order", async (afterBytes) => {
    await using setting = await startSetting(sends(script), { cut: { afterBytes, how: "fin" } });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.state).toBe("fin");
    expect(client.head).toMatch(/^HTTP\/1.1 101 /);
    expect(outputOf(decode(client.body)).equals(output.subarray(0, afterBytes))).toBe(true);
    expect(script.subarray(0, client.body.length).equals(client.body)).toBe(true);
    const connection = await setting.target.connection(0);
    await connection.closed;
    expect(await setting.event("cut")).toMatchObject({ index: 0, path: "/attach", bytes: afterBytes });
    client.socket.destroy();
  });

  test("ends a frame exactly at its edge", async () => {
    await using setting = await startSetting(sends(script), { cut: { afterBytes: 10, how: "fin" } });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.body.equals(ten ?? Buffer.alloc(0))).toBe(true);
    client.socket.destroy();
  });

  test("delivers everything when there is less, and the server's own end", async () => {
    await using setting = await startSetting(
      { attach: ({ socket }) => void socket.end(script) },
      { cut: { afterBytes: output.length + 1, how: "rst" } },
    );
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    client.socket.end();
    expect(client.state).toBe("fin");
    expect(client.body.equals(script)).toBe(true);
    expect(await setting.event("closed")).toMatchObject({ bytes: output.length, frames: 5 });
    expect(setting.events.map((event) => event.type)).toEqual(["open", "closed"]);
  });

  test("by a reset resets the connection, after at most these bytes", async () => {
    await using setting = await startSetting(sends(script), { cut: { afterBytes: 312, how: "rst" } });
    const client = connectRaw(setting.proxy.url);
    await client.reset();
    const delivered = outputOf(decode(client.body));
    expect(output.subarray(0, Math.min(312, delivered.length)).equals(delivered)).toBe(true);
  });

  test("waits for a client that reads slowly", async () => {
    const big = stdout(randomBytes(16_000_000));
    await using setting = await startSetting(sends(big), { cut: { afterBytes: 15_999_999, how: "fin" } });
    const client = connectRaw(setting.proxy.url);
    client.socket.pause();
    const connection = await setting.target.connection(0);
    await exchange(setting.proxy.url, () => connection.socket.writableLength === 0);
    expect(setting.events.map((event) => event.type)).toEqual(["open"]);
    client.socket.resume();
    await client.ended();
    expect(client.body.equals(big.subarray(0, -1))).toBe(true);
    client.socket.destroy();
  });

  test("with a close frame leaves the message unfinished, and the client sees the code", async () => {
    await using setting = await startSetting(sends(script), {
      cut: { afterBytes: 100, how: { close: 1012 } },
    });
    const received: Buffer[] = [];
    const client = new WebSocket(setting.proxy.url);
    client.on("message", (data: Buffer) => received.push(data));
    const code = await new Promise<number>((resolve) => client.on("close", resolve));
    expect(code).toBe(1012);
    expect(received.map((message) => message.subarray(1))).toEqual([output.subarray(0, 10)]);
    expect(await setting.event("cut")).toMatchObject({ bytes: 100 });
  });
});

describe("other places", () => {
  test.each([1, 2, 3, 4, 5])("after %i frames", async (afterFrames) => {
    await using setting = await startSetting(sends(script), { cut: { afterFrames, how: "fin" } });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    const { frames, partial } = decode(client.body);
    expect(messagesOf(frames)).toHaveLength(afterFrames);
    expect(partial).toBeUndefined();
    expect(await setting.event("cut")).toMatchObject({ frames: afterFrames });
    client.socket.destroy();
  });

  test("before the exit", async () => {
    await using setting = await startSetting(sends(script), {
      cut: { beforeExit: true, how: { close: 1011 } },
    });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    const { frames } = decode(client.body);
    expect(frames.at(-1)).toEqual({ fin: true, opcode: CLOSE, payload: Buffer.of(0x03, 0xf3) });
    expect(messagesOf(frames)).toHaveLength(4);
    client.socket.destroy();
  });

  test.each(["fin", "rst"] as const)("after the open (%s)", async (how) => {
    await using setting = await startSetting(sends(script), { cut: { afterOpen: true, how } });
    const client = connectRaw(setting.proxy.url);
    await (how === "fin" ? client.ended() : client.reset());
    expect(client.state).toBe(how);
    if (how === "fin") expect(client.head).toMatch(/^HTTP\/1.1 101 /);
    expect(client.body).toHaveLength(0);
    expect(setting.events.slice(0, 2).map((event) => event.type)).toEqual(["open", "cut"]);
    client.socket.destroy();
  });

  test.each(["fin", "rst", { close: 1001 }] as const)("before the open (%o)", async (how) => {
    await using setting = await startSetting(sends(script), { cut: { beforeOpen: true, how } });
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    expect(client.state).toBe(how === "rst" ? "rst" : "fin");
    expect(client.head).toBeUndefined();
    // The target did accept it: this is what makes the place different from a refusal.
    expect(setting.target.upgrades).toHaveLength(1);
    await (await setting.target.connection(0)).closed;
    client.socket.destroy();
    await setting.event("closed");
    expect(setting.events.map((event) => event.type)).toEqual(["cut", "closed"]);
  });
});

describe("silence", () => {
  test("keeps the connection open and lets nothing through, in either direction", async () => {
    await using setting = await startSetting(sends(script), { silence: { afterBytes: 50 } });
    const client = connectRaw(setting.proxy.url);
    await setting.event("silenced");
    await client.until(() => outputOf(decode(client.body)).length === 50);
    const connection = await setting.target.connection(0);
    client.socket.write("into the void");
    // The server speaks on, then ends: the proxy has taken in all of it when the connection is closed.
    connection.socket.end(stdout("never seen"));
    await connection.closed;
    expect(connection.received()).toHaveLength(0);
    expect(client.state).toBe("open");
    expect(setting.proxy.open).toBe(1);
    expect(setting.proxy.cut()).toBe(1);
    await client.ended();
    expect(outputOf(decode(client.body)).equals(output.subarray(0, 50))).toBe(true);
    client.socket.destroy();
  });

  test("ends for the server when the client gives up", async () => {
    await using setting = await startSetting({}, { silence: { afterOpen: true } });
    const client = connectRaw(setting.proxy.url);
    await setting.event("silenced");
    await client.until(() => client.head !== undefined);
    client.socket.destroy();
    await (await setting.target.connection(0)).closed;
    await setting.event("closed");
    expect(setting.proxy.open).toBe(0);
  });

  test("before the open leaves the client waiting for an answer", async () => {
    await using setting = await startSetting(sends(script), { silence: { beforeOpen: true } });
    const client = connectRaw(setting.proxy.url);
    await setting.event("silenced");
    expect(setting.proxy.open).toBe(0);
    expect(setting.proxy.cut("rst")).toBe(1);
    await client.ended();
    expect(client.head).toBeUndefined();
  });

  test("before the exit: output comes, the exit and the end never do", async () => {
    await using setting = await startSetting(
      { attach: ({ socket }) => void socket.end(script) },
      { silence: { beforeExit: true } },
    );
    const client = connectRaw(setting.proxy.url);
    await setting.event("silenced");
    await (await setting.target.connection(0)).closed;
    await client.until(() => outputOf(decode(client.body)).length === output.length);
    expect(client.state).toBe("open");
    expect(setting.proxy.cut()).toBe(1);
    await client.ended();
    expect(messagesOf(decode(client.body).frames)).toHaveLength(4);
    client.socket.destroy();
  });
});

describe("changes on the way", () => {
  test("a swallowed exit is missing, the close frame and the end are not", async () => {
    await using setting = await startSetting(
      { attach: ({ socket }) => void socket.end(script) },
      { swallowExit: true },
    );
    const client = connectRaw(setting.proxy.url);
    await client.ended();
    const expected = Buffer.concat([
      script.subarray(0, script.length - normalClose.length - exit(3).length),
      normalClose,
    ]);
    expect(client.body.equals(expected)).toBe(true);
    client.socket.destroy();
  });

  test("split frames come in fragments that a client joins", async () => {
    await using setting = await startSetting(
      { attach: ({ socket }) => void socket.end(script) },
      { splitFrames: 64 },
    );
    const received: { readonly data: Buffer; readonly isBinary: boolean }[] = [];
    const client = new WebSocket(setting.proxy.url);
    client.on("message", (data: Buffer, isBinary) => received.push({ data, isBinary }));
    const code = await new Promise<number>((resolve) => client.on("close", resolve));
    expect(code).toBe(1000);
    const messages = messagesOf(decode(script).frames);
    expect(received.map(({ isBinary }) => (isBinary ? 2 : 1))).toEqual(
      messages.map((message) => message.opcode),
    );
    expect(received.every(({ data }, index) => messages[index]?.payload.equals(data))).toBe(true);
  });

  test("latency and bandwidth keep bytes and order, to the cut and in both directions", async () => {
    await using setting = await startSetting(sends(script), {
      latency: 5,
      bandwidth: 1_000_000,
      cut: { afterBytes: 60_000, how: "fin" },
    });
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    await client.ended();
    expect(outputOf(decode(client.body)).equals(output.subarray(0, 60_000))).toBe(true);
    client.socket.destroy();
  });

  test("with latency, what the client sends arrives, and its end after it", async () => {
    await using setting = await startSetting({}, { latency: 5 });
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    const sent = randomBytes(3_000_000);
    client.socket.end(sent);
    const connection = await setting.target.connection(0);
    await connection.receivedBytes(sent.length);
    await connection.closed;
    expect(connection.received().equals(sent)).toBe(true);
  });

  test("each attach gets the faults of its number and path", async () => {
    const asked: unknown[] = [];
    await using setting = await startSetting(sends(script), {
      plan(attach) {
        asked.push(attach);
        return attach.index === 1 ? { cut: { afterBytes: 1, how: "fin" } } : undefined;
      },
    });
    for (const [index, expected] of [output.length, 1, output.length].entries()) {
      const client = connectRaw(setting.proxy.url, `/v1/boxes/b/executions/e${index}/attach?stdin=0`);
      await client.until(() => outputOf(decode(client.body)).length === expected);
      client.socket.destroy();
    }
    expect(asked).toEqual(
      [0, 1, 2].map((index) => ({ index, path: `/v1/boxes/b/executions/e${index}/attach?stdin=0` })),
    );
    expect(setting.proxy.attaches).toBe(3);
  });
});
