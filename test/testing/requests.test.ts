import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startFaultProxy } from "../../src/testing/index.ts";
import { connectRaw } from "./raw-client.ts";
import { switchingProtocols } from "./scripted-target.ts";
import { selfSigned } from "./self-signed.ts";
import { startSetting } from "./setting.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("plain requests pass", () => {
  test("with method, path, headers and body, and so does the answer", async () => {
    const seen: {
      method?: string | undefined;
      url?: string | undefined;
      host?: string | undefined;
      auth?: string | undefined;
      body: string;
    }[] = [];
    await using setting = await startSetting({
      async request(request, response) {
        const { method, url, headers } = request;
        seen.push({
          method,
          url,
          host: headers.host,
          auth: headers.authorization,
          body: (await bodyOf(request)).toString(),
        });
        response
          .writeHead(201, "Made", { "X-Request-Id": "r1", "Set-Cookie": ["a=1", "b=2"] })
          .end('{"ok":true}');
      },
    });
    const response = await fetch(`${setting.proxy.url}/v1/boxes/a%2Fb/exec?x=1&y`, {
      method: "POST",
      headers: { Authorization: "Bearer secret" },
      body: "the body",
    });
    expect(seen).toEqual([
      {
        method: "POST",
        url: "/v1/boxes/a%2Fb/exec?x=1&y",
        host: new URL(setting.target.url).host,
        auth: "Bearer secret",
        body: "the body",
      },
    ]);
    expect([response.status, response.statusText, response.headers.get("x-request-id")]).toEqual([
      201,
      "Made",
      "r1",
    ]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ ok: true });
  });

  test.each([204, 304])("with a %i, which has no body", async (status) => {
    await using setting = await startSetting({
      request: (_request, response) => void response.writeHead(status).end(),
    });
    const response = await fetch(setting.proxy.url);
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });

  test("with HEAD, which has a length and no body", async () => {
    await using setting = await startSetting({
      request: (_request, response) => void response.writeHead(200, { "Content-Length": "123" }).end(),
    });
    const response = await fetch(setting.proxy.url, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([
      200,
      "123",
      "",
    ]);
  });

  test("as streams in both directions: nobody waits for a whole body", async () => {
    await using setting = await startSetting({ request: (request, response) => void request.pipe(response) });
    const outgoing = httpRequest(`${setting.proxy.url}/echo`, { method: "PUT" });
    outgoing.write("first");
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const pieces = answer[Symbol.asyncIterator]();
    expect(String((await pieces.next()).value)).toBe("first");
    outgoing.write("second");
    expect(String((await pieces.next()).value)).toBe("second");
    outgoing.end();
    expect((await pieces.next()).done).toBe(true);
  });

  test("with an answer whose body comes much later than its headers", async () => {
    let speak = () => {};
    await using setting = await startSetting({
      request(_request, response) {
        response.flushHeaders();
        speak = () => response.end("at last");
      },
    });
    const response = await fetch(setting.proxy.url);
    speak();
    expect(await response.text()).toBe("at last");
  });

  test("with an answer that comes before the body is complete, and the client can send the rest", async () => {
    await using setting = await startSetting({
      request: (request, response) =>
        void response
          .writeHead(413, { Connection: "close" })
          .end("too large", () => request.socket.destroySoon()),
    });
    const body = Buffer.alloc(32_000_000);
    const outgoing = httpRequest(setting.proxy.url, {
      method: "PUT",
      headers: { "Content-Length": body.length },
    });
    outgoing.write(body.subarray(0, 1000));
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    expect([answer.statusCode, (await bodyOf(answer)).toString()]).toEqual([413, "too large"]);
    outgoing.end(body.subarray(1000));
    await once(outgoing, "finish");
  });

  test("with an answer that breaks off where the target's does", async () => {
    await using setting = await startSetting({
      request(_request, response) {
        response.writeHead(200, { "Content-Length": "100" });
        response.write("only this", () => response.destroy());
      },
    });
    const response = await fetch(setting.proxy.url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test("and end at the target when the client leaves", async () => {
    let left: Promise<unknown> | undefined;
    await using setting = await startSetting({
      request(request, response) {
        left = once(request.socket, "close");
        response.write("a long story");
      },
    });
    const controller = new AbortController();
    const response = await fetch(setting.proxy.url, { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
    await left;
  });

  test("below the target's path", async () => {
    await using setting = await startSetting({
      request: (request, response) => void response.end(request.url),
    });
    for (const path of ["/api", "/api/"]) {
      await using proxy = await startFaultProxy({ target: `${setting.target.url}${path}` });
      expect(await (await fetch(`${proxy.url}/v1/me?a=b`)).text()).toBe("/api/v1/me?a=b");
    }
  });

  test("but for a 502 with a sentence when the target is down", async () => {
    await using setting = await startSetting({});
    await setting.target[Symbol.asyncDispose]();
    const response = await fetch(setting.proxy.url);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      502,
      "text/plain; charset=utf-8",
    ]);
    expect(await response.text()).toMatch(
      /^The fault proxy got no answer from its target http:\/\/127.0.0.1:\d+: connect ECONNREFUSED/,
    );
  });
});

describe("faults of plain requests", () => {
  test("are decided by number, method and path, also later on", async () => {
    const asked: unknown[] = [];
    await using setting = await startSetting(
      {},
      {
        requests(request) {
          asked.push(request);
          return request.path.startsWith("/v1/me")
            ? { status: 500, body: "<html>", headers: { "content-type": "text/html" } }
            : undefined;
        },
      },
    );
    const failed = await fetch(`${setting.proxy.url}/v1/me?x`);
    expect([failed.status, failed.headers.get("content-type"), await failed.text()]).toEqual([
      500,
      "text/html",
      "<html>",
    ]);
    expect(await (await fetch(`${setting.proxy.url}/v1/config`, { method: "DELETE" })).text()).toBe("ok");
    expect(asked).toEqual([
      { index: 0, method: "GET", path: "/v1/me?x" },
      { index: 1, method: "DELETE", path: "/v1/config" },
    ]);
    setting.proxy.requests = () => ({ status: 204 });
    expect((await fetch(setting.proxy.url)).status).toBe(204);
    setting.proxy.requests = undefined;
    expect(await (await fetch(setting.proxy.url)).text()).toBe("ok");
  });

  test("leave the upgrades alone", async () => {
    await using setting = await startSetting({}, { requests: () => ({ status: 500 }) });
    const client = connectRaw(setting.proxy.url);
    await client.until(() => client.head !== undefined);
    expect(client.head).toMatch(/^HTTP\/1.1 101 /);
    client.socket.destroy();
  });

  test("can reset the connection", async () => {
    await using setting = await startSetting({}, { requests: () => "reset" });
    const outgoing = httpRequest(setting.proxy.url);
    outgoing.end();
    const [error] = (await once(outgoing, "error")) as [Error];
    expect(error).toMatchObject({ code: "ECONNRESET", message: "read ECONNRESET" });
  });

  test("can leave a request without an answer until the client gives up", async () => {
    const taken = vi.fn();
    await using setting = await startSetting(
      { request: taken },
      { requests: ({ path }) => (path === "/slow" ? "silence" : undefined) },
    );
    const controller = new AbortController();
    let settled = false;
    const unanswered = fetch(`${setting.proxy.url}/slow`, { signal: controller.signal }).finally(() => {
      settled = true;
    });
    const expected = expect(unanswered).rejects.toThrow(/abort/);
    taken.mockImplementation((_request, response) => response.end());
    await (await fetch(`${setting.proxy.url}/fast`)).text();
    expect(settled).toBe(false);
    controller.abort();
    await expected;
    expect(taken).toHaveBeenCalledTimes(1);
  });
});

describe("a target behind TLS", () => {
  async function startSecureTarget() {
    const server = createServer(selfSigned(), (request, response) =>
      response.end(`secure ${request.headers.host}`),
    );
    server.on("upgrade", (request, socket) => {
      socket.on("error", () => {});
      socket.write(switchingProtocols(request));
      socket.pipe(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      host: `127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  test("is reached for requests and upgrades alike", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await using target = await startSecureTarget();
    await using proxy = await startFaultProxy({ target: `https://${target.host}` });
    expect(await (await fetch(proxy.url)).text()).toBe(`secure ${target.host}`);
    const client = connectRaw(proxy.url);
    await client.until(() => client.head !== undefined);
    client.socket.end("echo");
    await client.ended();
    expect(client.body.toString()).toBe("echo");
  });

  test("is not believed without a certificate that is trusted", async () => {
    await using target = await startSecureTarget();
    await using proxy = await startFaultProxy({ target: `https://${target.host}` });
    const response = await fetch(proxy.url);
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(/self-signed certificate/);
  });
});
