import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { BoxLite, BoxLiteError } from "../../src/index.ts";
import { createHttp } from "../../src/rest/http.ts";
import { type HostileServer, startHostileServer } from "./hostile-server.ts";

/** What a server may answer over HTTP that no server should. However bad: a typed error, in time, and memory that is bounded. */

const open: HostileServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(status: (socket: Socket) => void): Promise<HostileServer> {
  const server = await startHostileServer({ status });
  open.push(server);
  return server;
}

const call = { operation: "execution.status", params: { box: "b1", execution: "e1" } } as const;

/** What a call ends with. */
async function failureOf(status: (socket: Socket) => void, timeout = 20_000): Promise<BoxLiteError> {
  const { url } = await serve(status);
  const http = createHttp({ baseUrl: url, token: "t0ken", prefix: null, retry: { limit: 0 } });
  const failure = await http.send({ ...call, timeout }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BoxLiteError);
  return failure as BoxLiteError;
}

/** Writes for as long as the other side reads. */
function endless(socket: Socket, text: string): void {
  const more = () => {
    while (socket.writable && socket.write(text));
    if (socket.writable) socket.once("drain", more);
  };
  more();
}

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

describe("an answer that does not end", () => {
  test.each<[string, string, (socket: Socket) => void]>([
    ["never begins", "timeout", () => {}],
    ["stops in its headers", "timeout", (socket) => socket.write(HEAD)],
    ["stops in its body", "timeout", (socket) => socket.write(`${HEAD}content-length: 100\r\n\r\n{`)],
    [
      "has headers without end",
      "network",
      (socket) => {
        socket.write(HEAD);
        endless(socket, "x-more: and more\r\n");
      },
    ],
    [
      "has one header without end",
      "network",
      (socket) => {
        socket.write(`${HEAD}x-long: `);
        endless(socket, "x".repeat(1_000));
      },
    ],
    [
      "has a body without end",
      "invalid_response",
      (socket) => {
        socket.write(`${HEAD}\r\n`);
        endless(socket, "[".repeat(10_000));
      },
    ],
  ])("%s", async (_, code, status) => {
    const failure = await failureOf(status, code === "timeout" ? 200 : 20_000);
    expect(failure).toMatchObject({ code, operation: "execution.status" });
  });

  test("a failure's body without end is read no further than its message", async () => {
    const failure = await failureOf((socket) => {
      socket.write("HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n\r\n");
      endless(socket, "no ".repeat(1_000));
    });
    expect(failure).toMatchObject({ name: "ServerError", status: 500 });
    expect(failure.message.length).toBeLessThan(1_000);
  });
});

test("a small body that unpacks to a gigabyte is read no further than any answer is long", async () => {
  // One member after the other, each a MiB of spaces: a decoder goes on with the next.
  const member = gzipSync(Buffer.alloc(1024 * 1024, 0x20), { level: 9 });
  const body = Buffer.concat(Array.from({ length: 1_024 }, () => member));
  const before = process.memoryUsage();
  const failure = await failureOf((socket) => {
    socket.write(`${HEAD}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  const after = process.memoryUsage();
  expect(failure.code).toBe("invalid_response");
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown).toBeLessThan(200 * 1024 * 1024);
});

const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

test.each<[string, string, string]>([
  ["noise", "noise", "network"],
  ["half a status line", "HTTP/1.1 200", "network"],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}", "network"],
  ["a chunk that is none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "network"],
  ["a change of protocol", "HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "network"],
  ["null", ok("null"), "invalid_response"],
  ["an object without anything", ok("{}"), "invalid_response"],
  ["arrays in arrays in arrays", ok("[".repeat(200_000) + "]".repeat(200_000)), "invalid_response"],
  ["half of that", ok("[".repeat(200_000)), "invalid_response"],
])("%s is a typed error", async (_, answer, code) => {
  const { url } = await serve((socket) => socket.end(answer));
  const boxlite = new BoxLite({ baseUrl: url, token: "t0ken", prefix: null, retry: { limit: 0 } });
  const box = await boxlite.boxes.get("b1");
  await expect(box.execution("e1").status()).rejects.toMatchObject({ code, operation: "execution.status" });
});

test("a redirect, of whatever kind, takes no request and no credential to another origin", async () => {
  const other = await serve(() => {});
  for (const status of [301, 302, 303, 307, 308]) {
    const failure = await failureOf((socket) => {
      socket.write(`HTTP/1.1 ${status} There\r\nlocation: ${other.url}/v1/x\r\ncontent-length: 0\r\n\r\n`);
    });
    expect(failure).toMatchObject({ name: "InvalidResponseError" });
    expect(failure.message).not.toContain("t0ken");
  }
  expect(other.requests).toEqual([]);
});
