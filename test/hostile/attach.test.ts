import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { BoxLite, type Execution, type ExecutionEvent } from "../../src/index.ts";
import { BINARY, CLOSE, encode, exit, PING, stdout, TEXT } from "../testing/wire.ts";
import { type HostileServer, startHostileServer } from "./hostile-server.ts";

/** What a server may send over an attach that no server should. However bad: a result, or a typed error, and memory that is bounded. */

let server: HostileServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

async function follow(attach: (socket: Socket, count: number) => void): Promise<Execution> {
  server = await startHostileServer({ attach });
  const box = await new BoxLite({ baseUrl: server.url, token: "t0ken", prefix: null }).boxes.get("b1");
  return box.exec("command", [], { reconnectBudget: 1_000 });
}

/** Every event of an execution. */
async function eventsOf({ events }: Execution): Promise<ExecutionEvent[]> {
  const all: ExecutionEvent[] = [];
  const reader = events.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) all.push(next.value);
  return all;
}

test("thousands of exit frames are one exit, the first; what comes behind it is nobody's", async () => {
  const execution = await follow((socket) => {
    socket.write(stdout("before"));
    socket.write(exit(3));
    for (let code = 0; code < 5_000; code += 1) socket.write(exit(code % 256));
    socket.write(stdout("behind"));
  });
  expect(await execution.text()).toMatchObject({ exitCode: 3, stdout: "before", complete: true });
});

test("an exit frame without a code, or with one that is none, makes up none", async () => {
  for (const code of [undefined, "7", 1.5, null, []]) {
    const execution = await follow((socket) => {
      socket.write(encode(TEXT, JSON.stringify({ type: "exit", exit_code: code })));
    });
    expect(await execution.exit).toMatchObject({ outcome: "unknown", exitCode: null });
    await server?.[Symbol.asyncDispose]();
  }
});

test("frames of unknown kinds are reported, and harm nothing", async () => {
  const odd = [
    encode(BINARY, ""),
    encode(BINARY, Buffer.of(0)),
    encode(BINARY, Buffer.of(255, 1, 2)),
    encode(TEXT, ""),
    encode(TEXT, "null"),
    encode(TEXT, "[]"),
    encode(TEXT, "{"),
    encode(TEXT, '"exit"'),
    encode(TEXT, '{"type":"__proto__"}'),
    encode(TEXT, '{"__proto__":{"type":"exit","exit_code":0}}'),
    encode(TEXT, `{"type":${JSON.stringify("x".repeat(100_000))}}`),
    encode(TEXT, `${"[".repeat(200_000)}${"]".repeat(200_000)}`),
    encode(TEXT, '{"type":"error","message":{"toString":1},"code":[]}'),
  ];
  const execution = await follow((socket) => {
    for (const frame of odd) socket.write(frame);
    socket.write(stdout("ok"));
    socket.write(exit(0));
  });
  const events = eventsOf(execution);
  expect(await execution.text()).toMatchObject({ stdout: "ok", exitCode: 0, complete: true });
  const longest = Math.max(...(await events).map((event) => JSON.stringify(event).length));
  expect(longest).toBeLessThan(10_000);
  expect({}).not.toHaveProperty("type");
});

test("messages in many fragments, with pings between them, are put together", async () => {
  const execution = await follow((socket) => {
    const message = Buffer.concat([Buffer.of(1), Buffer.from("0123456789".repeat(500))]);
    for (let at = 0; at < message.length; at += 1) {
      socket.write(encode(at === 0 ? BINARY : 0, message.subarray(at, at + 1), at === message.length - 1));
      if (at % 100 === 0) socket.write(encode(PING, "x"));
    }
    socket.write(exit(0));
  });
  expect((await execution.text()).stdout).toBe("0123456789".repeat(500));
});

test.each([
  ["a message that is larger than any of BoxLite's", hugeMessage],
  ["text that is no UTF-8", (socket: Socket) => socket.write(encode(TEXT, Buffer.of(0xc3, 0x28)))],
  ["a frame with reserved bits", (socket: Socket) => socket.write(Buffer.of(0xf2, 0))],
  ["a masked frame", (socket: Socket) => socket.write(Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5))],
  ["a close frame that is none", (socket: Socket) => socket.write(encode(CLOSE, Buffer.of(3)))],
  ["noise", (socket: Socket) => socket.write(Buffer.alloc(1_000, 0x7f))],
])("%s ends the connection and not the output: the next attach goes on", async (_, harm) => {
  const execution = await follow((socket, count) => {
    if (count === 1) {
      socket.write(stdout("one "));
      harm(socket);
      return;
    }
    socket.write(stdout("one two"));
    socket.write(exit(0));
  });
  expect(await execution.text()).toMatchObject({ stdout: "one two", exitCode: 0, complete: true });
});

test("a server that does nothing else is given up, with what was the matter", async () => {
  const execution = await follow((socket) => socket.write(encode(TEXT, Buffer.of(0xc3, 0x28))));
  await expect(execution.exit).rejects.toMatchObject({
    name: "ConnectionLostError",
    code: "connection_lost",
  });
});

test("events that nobody reads do not pile up, however long the server's sentences are", async () => {
  const message = JSON.stringify({
    type: "error",
    message: "x".repeat(1_000_000),
    code: "y".repeat(1_000_000),
  });
  const execution = await follow((socket) => {
    for (let count = 0; count < 100; count += 1) socket.write(encode(TEXT, message));
    socket.write(exit(0));
  });
  await execution.exit;
  const kept = await eventsOf(execution);
  expect(JSON.stringify(kept).length).toBeLessThan(2_000_000);
});

test("pings without end, from a server that reads none of the answers, do not fill memory", async () => {
  let flooded = () => {};
  const done = new Promise<void>((resolve) => {
    flooded = resolve;
  });
  let given = 0;
  const execution = await follow((socket) => {
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 500 }, () => encode(PING, "x".repeat(125))));
    const more = () => {
      if (given++ === 400) {
        socket.write(exit(0), flooded);
        return;
      }
      socket.write(pings, more);
    };
    more();
  });
  const before = process.memoryUsage();
  await done;
  await execution.exit;
  const after = process.memoryUsage();
  // 200,000 answers of 131 bytes would be 26 MB, and as many objects.
  expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(
    16 * 1024 * 1024,
  );
});

/** 17 MiB in one message. */
function hugeMessage(socket: Socket): void {
  const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0x01, 0x10, 0, 0]);
  socket.write(head);
  socket.write(Buffer.alloc(17 * 1024 * 1024, 1));
}
