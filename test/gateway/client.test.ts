import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import type { Disconnect } from "../../src/attach/transport.ts";
import { createWebSocketTransport } from "../../src/attach/websocket.ts";
import { BoxLite, type BoxLiteOptions, type ExecutionEvent } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { startGateway, until } from "./setting.ts";
import "./patience.ts";

/** What the client does about a gateway. */

afterEach(() => vi.unstubAllGlobals());

/** A browser's socket and `fetch`: no headers on the one, an `Origin` on the other. Notes what the sockets offered. */
function inPage(origin: string): { options: Partial<BoxLiteOptions>; offered: (readonly string[])[] } {
  vi.stubGlobal("location", new URL(`${origin}/page`));
  const offered: (readonly string[])[] = [];
  return {
    offered,
    options: {
      fetch: (input, init) => {
        const request = new Request(input, init);
        request.headers.set("origin", origin);
        return fetch(request);
      },
      webSocket: (url, { protocols }) => {
        offered.push(protocols);
        return new WebSocket(url, [...protocols], { origin });
      },
    },
  };
}

async function runThrough(boxlite: BoxLite): Promise<string> {
  const { stdout } = await boxlite.run({ image: "alpine:latest", command: "echo", args: ["hello"] });
  return stdout;
}

const APP = "https://app.example";

describe("the subprotocol", () => {
  test("is never offered to a BoxLite server", async () => {
    const server = await startLocalServer();
    const offered: (readonly string[])[] = [];
    const boxlite = new BoxLite({
      baseUrl: server.url,
      token: server.token,
      webSocket: (url, { headers, protocols }) => {
        offered.push(protocols);
        return new WebSocket(url, [...protocols], { headers });
      },
    });
    expect(await runThrough(boxlite)).toBe("hello\n");
    expect(offered).toEqual([[]]);
    await server.close();
  });

  test("is offered to a gateway, without a ticket by a page of its origin", async () => {
    const server = await startLocalServer();
    const gateway = await startGateway({ target: server.url, token: server.token });
    const { options, offered } = inPage(gateway.url);
    expect(await runThrough(new BoxLite({ baseUrl: "/api", ...options }))).toBe("hello\n");
    expect(offered).toEqual([["boxlite-gateway.v1"]]);
    await gateway[Symbol.asyncDispose]();
    await server.close();
  });

  test("is offered where no prefix had to be asked for, too", async () => {
    const server = await startLocalServer();
    const gateway = await startGateway({ target: server.url, token: server.token });
    const { options, offered } = inPage(gateway.url);
    expect(await runThrough(new BoxLite({ baseUrl: "/api", prefix: null, ...options }))).toBe("hello\n");
    expect(offered).toEqual([["boxlite-gateway.v1"]]);
    await gateway[Symbol.asyncDispose]();
    await server.close();
  });
});

describe("tickets", () => {
  test.each([
    ["of another origin, for each attach a new one", APP],
    ["with a token of the application's", undefined],
  ])("a page %s", async (_, origin) => {
    const server = await startLocalServer();
    const gateway = await startGateway({
      target: server.url,
      token: server.token,
      origins: [APP],
      authorize: ({ headers }) =>
        headers.get("authorization") === "Bearer app" ? { allow: true } : { allow: false },
    });
    const { options, offered } = inPage(origin ?? gateway.url);
    const boxlite = new BoxLite({ baseUrl: `${gateway.url}/api`, token: "app", ...options });
    expect(await runThrough(boxlite)).toBe("hello\n");
    expect(await runThrough(boxlite)).toBe("hello\n");
    expect(offered).toHaveLength(2);
    for (const protocols of offered) {
      expect(protocols).toEqual(["boxlite-gateway.v1", expect.stringMatching(/^boxlite-ticket\.[\w-]{43}$/)]);
    }
    expect(offered[0]?.[1]).not.toBe(offered[1]?.[1]);
    await gateway[Symbol.asyncDispose]();
    await server.close();
  });

  test("a ticket that is refused is a refused attach, with its status", async () => {
    const server = await startLocalServer();
    let allow = true;
    const gateway = await startGateway({
      target: server.url,
      token: server.token,
      origins: [APP],
      authorize: () => (allow ? { allow } : { allow: false }),
    });
    const { options } = inPage(APP);
    const boxlite = new BoxLite({ baseUrl: `${gateway.url}/api`, ...options });
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    allow = false;
    const execution = await box.attach("e");
    const seen: ExecutionEvent[] = [];
    const reader = execution.events.getReader();
    const watched = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) seen.push(next.value);
    })();
    await expect(execution.exit).rejects.toMatchObject({ status: 401 });
    await watched;
    expect(seen.find(({ type }) => type === "disconnected")).toMatchObject({
      cause: { kind: "refused", status: 401 },
    });
    await gateway[Symbol.asyncDispose]();
    await server.close();
  });
});

describe("a gateway's frames", () => {
  let http: Server;
  afterEach(() => {
    http.closeAllConnections();
    http.close();
  });

  /** Opens a connection to a server that selects the subprotocol if it is offered, and then does as the test says. */
  async function open(
    serve: (socket: WebSocket) => void,
    protocols: readonly string[] = ["boxlite-gateway.v1"],
  ) {
    http = createServer();
    new WebSocketServer({ server: http }).on("connection", serve);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const said: string[] = [];
    const transport = createWebSocketTransport({
      url,
      headers: async () => ({}),
      protocols: async () => protocols,
    });
    let connection: ReturnType<typeof transport.open> | undefined;
    const closed = new Promise<Disconnect>((resolve) => {
      connection = transport.open({
        opened: () => said.push("opened"),
        heard() {},
        dropped: (stream, bytes) => said.push(`${stream}: ${bytes} dropped`),
        message: (data) => said.push(String(data)),
        closed: resolve,
      });
    });
    if (connection === undefined) throw new Error("open() returns at once");
    return { said, closed, connection };
  }

  test("are hidden; it is open when the gateway says so", async () => {
    const { said, closed } = await open((socket) => {
      socket.send('{"type":"gateway","event":"open","request_id":"r"}');
      socket.send('{"type":"error","message":"the server\'s"}');
      socket.close(1011, "x");
    });
    expect(await closed).toEqual({ kind: "closed", code: 1011, message: "x" });
    expect(said).toEqual(["opened", '{"type":"error","message":"the server\'s"}']);
  });

  test("what was dropped on the way is told at its place", async () => {
    const { said, closed } = await open((socket) => {
      socket.send('{"type":"gateway","event":"open"}');
      socket.send("before");
      socket.send('{"type":"gateway","event":"dropped","stream":"stdout","bytes":70000}');
      socket.send('{"type":"gateway","event":"dropped","stream":"stderr","bytes":1}');
      socket.send("behind");
      socket.close(1000);
    });
    await closed;
    expect(said).toEqual(["opened", "before", "stdout: 70000 dropped", "stderr: 1 dropped", "behind"]);
  });

  test.each([
    '{"type":"gateway","event":"dropped","stream":"stdin","bytes":1}',
    '{"type":"gateway","event":"dropped","stream":"stdout","bytes":-1}',
    '{"type":"gateway","event":"dropped","stream":"stdout","bytes":"many"}',
    '{"type":"gateway","event":"dropped","stream":"stdout"',
  ])("%s is no frame of a gateway", async (frame) => {
    const { said, closed } = await open((socket) => {
      socket.send('{"type":"gateway","event":"open"}');
      socket.send(frame);
      socket.close(1000);
    });
    await closed;
    expect(said).toEqual(["opened", frame]);
  });

  test.each([
    [4409, "taken", { kind: "refused", status: 409, message: "taken" }],
    [4599, "", { kind: "refused", status: 599, message: "" }],
    [4600, "", { kind: "failed", message: "closed with 4600" }],
    [1001, "stops", { kind: "failed", message: "stops" }],
  ])("closed with %i before that, it is refused or failed", async (code, reason, expected) => {
    const { said, closed } = await open((socket) => {
      socket.send(`{"type":"gateway","event":"refused","status":${code - 4000}}`);
      socket.close(code, reason);
    });
    expect(await closed).toEqual(expected);
    expect(said).toEqual([]);
  });

  test("a close code of that range is a server's own once it is open", async () => {
    const { closed } = await open((socket) => {
      socket.send('{"type":"gateway","event":"open"}');
      socket.close(4409, "");
    });
    expect(await closed).toEqual({ kind: "closed", code: 4409, message: "" });
  });

  test("are messages like any other without the subprotocol", async () => {
    const frame = '{"type":"gateway","event":"hold"}';
    const { said, closed, connection } = await open((socket) => {
      socket.send(frame);
      socket.on("message", () => socket.close(4409, ""));
    }, []);
    await until(() => said.length === 2);
    await connection.writable();
    connection.send("x");
    expect(await closed).toEqual({ kind: "closed", code: 4409, message: "" });
    expect(said).toEqual(["opened", frame]);
  });

  test("hold stdin back until it is to go on", async () => {
    let server: WebSocket | undefined;
    const { said, connection } = await open((socket) => {
      server = socket;
      socket.send('{"type":"gateway","event":"open"}');
      socket.send('{"type":"gateway","event":"hold"}');
      socket.send("behind it");
    });
    await until(() => said.includes("behind it"));
    const order: string[] = [];
    const writable = connection.writable().then(() => order.push("writable"));
    server?.send("still held");
    await until(() => said.includes("still held"));
    order.push("resumed");
    server?.send('{"type":"gateway","event":"resume"}');
    await writable;
    expect(order).toEqual(["resumed", "writable"]);
    connection.discard();
  });
});
