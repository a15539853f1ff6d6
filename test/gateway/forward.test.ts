import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { GatewayOptions } from "../../src/gateway/index.ts";
import { type Reply, type ScriptedServer, startScriptedServer } from "../client/scripted-server.ts";
import { ask, messageOf, type RunningGateway, startGateway, TOKEN } from "./setting.ts";
import "./patience.ts";

let server: ScriptedServer;
let gateway: RunningGateway;
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await server.close();
});

async function start(reply: Reply, options: Partial<GatewayOptions> = {}): Promise<void> {
  server = await startScriptedServer(() => reply);
  gateway = await startGateway({ target: server.url, ...options });
}

const json = { "content-type": "application/json" };

describe("to the server", () => {
  test("the credential in place of the page's; nothing that says who the page is, and nothing about the connection", async () => {
    await start({ status: 200, json: {} });
    await ask(
      gateway.url,
      "POST",
      "/api/v1/boxes/b/exec?x=1",
      {
        ...json,
        accept: "application/json",
        "accept-encoding": "gzip",
        authorization: "Bearer page",
        connection: "keep-alive, X-Secret, Idempotency-Key",
        cookie: "session=1",
        forwarded: "for=1.2.3.4",
        "idempotency-key": "named by Connection",
        "keep-alive": "timeout=5",
        origin: gateway.url,
        "proxy-authorization": "Basic x",
        "proxy-connection": "keep-alive",
        referer: `${gateway.url}/page?secret`,
        te: "trailers",
        "user-agent": "page",
        via: "1.1 x",
        "x-boxlite-authorization": "Bearer page",
        "x-boxlite-organization-id": "another",
        "x-forwarded-for": "1.2.3.4",
        "x-forwarded-host": "evil.example",
        "x-real-ip": "1.2.3.4",
        "x-request-id": "r-1",
        "x-secret": "1",
      },
      '{"command":"ls"}',
    );
    const [request] = server.requests;
    expect(request?.path).toBe("/v1/boxes/b/exec?x=1");
    expect(request?.body).toEqual({ command: "ls" });
    const {
      host,
      connection,
      "transfer-encoding": _,
      "content-length": __,
      ...headers
    } = request?.headers ?? {};
    // What Node's fetch adds of its own.
    for (const own of ["accept-language", "sec-fetch-mode", "user-agent"]) delete headers[own];
    expect(headers).toEqual({
      accept: "application/json",
      "accept-encoding": "identity",
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      "x-request-id": "r-1",
    });
    expect(host).toBe(new URL(server.url).host);
    expect(JSON.stringify(request?.headers)).not.toContain("page");
  });

  test("a path that could be read in two ways is not forwarded, nor one below another mount point", async () => {
    await start({ status: 200, json: {} });
    for (const path of [
      "/api/v1/boxes/..%2f..",
      "/api/v1/../v1/boxes",
      "/api//v1/boxes",
      "/api/v1/boxes/%2e%2e",
    ]) {
      expect((await ask(gateway.url, "GET", path)).status, path).toBe(400);
    }
    for (const path of [
      "/v1/boxes",
      "/apis/v1/boxes",
      "/api",
      "/%61pi/v1/boxes",
      "/x/../api/v1/boxes",
      `${server.url}/api/v1/boxes`,
    ]) {
      expect((await ask(gateway.url, "GET", path)).status, path).toBeGreaterThanOrEqual(400);
    }
    expect((await ask(gateway.url, "TRACE", "/api/v1/boxes", { origin: gateway.url })).status).toBe(405);
    expect(server.log).toEqual([]);
  });

  test("a token function is asked for each request; its failure is told, not its reason", async () => {
    let count = 0;
    await start({ status: 200, json: {} }, { token: () => `token-${++count}` });
    await ask(gateway.url, "GET", "/api/v1/boxes/b");
    await ask(gateway.url, "GET", "/api/v1/boxes/b");
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
    ]);
  });

  test("only the prefix that is given, where one is", async () => {
    await start({ status: 200, json: {} }, { prefix: "org" });
    expect((await ask(gateway.url, "GET", "/api/v1/org/boxes/b")).status).toBe(200);
    expect((await ask(gateway.url, "GET", "/api/v1/boxes/b")).status).toBe(200);
    expect((await ask(gateway.url, "GET", "/api/v1/other/boxes/b")).status).toBe(403);
    expect(server.log).toEqual(["GET /v1/org/boxes/b", "GET /v1/boxes/b"]);
  });

  test("a request that the page gives up is given up", async () => {
    await start(() => {});
    const controller = new AbortController();
    const asked = fetch(`${gateway.url}/api/v1/boxes/b`, { signal: controller.signal }).catch(() => {});
    const request = await server.requested("GET /v1/boxes/b");
    controller.abort();
    await asked;
    await request.closed;
  });

  test("a body is passed on as it comes, of any size", async () => {
    await start({ status: 200, json: {} });
    const text = JSON.stringify("x".repeat(3_000_000));
    const answer = await ask(
      gateway.url,
      "PUT",
      "/api/v1/boxes/b/files",
      { ...json, origin: gateway.url },
      text,
    );
    expect(answer.status).toBe(200);
    expect(JSON.stringify(server.requests[0]?.body)).toBe(text);
  });
});

describe("to the page", () => {
  test("what the API's headers are, and what keeps the answer from being anything else; no cookie, no name of a server", async () => {
    await start({
      status: 200,
      json: { status: "running" },
      headers: {
        "access-control-allow-origin": "*",
        "clear-site-data": '"*"',
        "content-security-policy": "default-src *",
        "keep-alive": "timeout=5",
        link: "</x>; rel=preload",
        "proxy-authenticate": "Basic",
        refresh: "0; url=http://evil.example",
        "retry-after": "7",
        server: "axum",
        "service-worker-allowed": "/",
        "set-cookie": "a=1",
        "strict-transport-security": "max-age=1",
        "www-authenticate": "Bearer",
        "x-powered-by": "x",
        "x-ratelimit-limit-default": "10",
        "x-request-id": "r-2",
      },
    });
    const { status, headers, body } = await ask(gateway.url, "GET", "/api/v1/boxes/b/executions/e");
    expect({ status, body }).toEqual({ status: 200, body: '{"status":"running"}' });
    const { date: _, connection: __, "transfer-encoding": ___, ...rest } = headers;
    expect(rest).toEqual({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
      "content-type": "application/json",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "retry-after": "7",
      vary: "Origin",
      "x-boxlite-gateway": "boxlite-gateway.v1",
      "x-content-type-options": "nosniff",
      "x-ratelimit-limit-default": "10",
      "x-request-id": "r-2",
    });
  });

  test.each([
    ["text/html", "text/plain; charset=utf-8"],
    ["image/svg+xml", "text/plain; charset=utf-8"],
    ["application/javascript", "application/octet-stream"],
    ["application/x-tar", "application/x-tar"],
    ["text/plain; charset=latin1", "text/plain; charset=latin1"],
  ])("%s comes as %s: nothing of a box runs in the application's origin", async (type, expected) => {
    await start({ status: 200, text: "<script>", headers: { "content-type": type } });
    const answer = await ask(gateway.url, "GET", "/api/v1/boxes/b/files?path=/x");
    expect(answer.headers["content-type"]).toBe(expected);
    expect(answer.body).toBe("<script>");
  });

  test.each([204, 404, 409, 429, 500, 503])("%i comes with its body", async (status) => {
    await start({
      status,
      ...(status === 204 ? { text: "" } : { json: { error: { message: "said", code: "c" } } }),
    });
    const answer = await ask(gateway.url, "DELETE", "/api/v1/boxes/b", { origin: gateway.url });
    expect(answer.status).toBe(status);
    expect(answer.body).toBe(status === 204 ? "" : '{"error":{"message":"said","code":"c"}}');
  });

  test("an answer of any size, as it comes: the first part is here before the last is there", async () => {
    let finish = () => {};
    await start((response) => {
      response.writeHead(200, { "content-type": "application/x-tar" });
      response.write("first");
      finish = () => response.end("last");
    });
    const answer = await fetch(`${gateway.url}/api/v1/boxes/b/files?path=/x`);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("last");
  });

  test("an answer that breaks off breaks off", async () => {
    await start((response) => {
      response.writeHead(200, { "content-type": "application/x-tar", "content-length": "100" });
      response.write("first", () => response.destroy());
    });
    await expect(
      fetch(`${gateway.url}/api/v1/boxes/b/files?path=/x`).then((answer) => answer.text()),
    ).rejects.toThrow();
  });

  test("a server that is not there is a 502 that does not say where it is not", async () => {
    await start({ status: 200 });
    await server.close();
    const answer = await ask(gateway.url, "GET", "/api/v1/boxes");
    expect(answer.status).toBe(502);
    expect(messageOf(answer)).toContain("ECONNREFUSED");
    expect(answer.body).not.toContain(new URL(server.url).port);
    server = await startScriptedServer(() => ({ status: 200 }));
  });
});

describe("the credential", () => {
  const everything = ({ body, headers }: { body: string; headers: object }) => body + JSON.stringify(headers);

  test.each([301, 302, 303, 307, 308])(
    "does not follow a redirect (%i), and is not led to by one",
    async (status) => {
      const other = await startScriptedServer(() => ({ status: 200, json: {} }));
      await start({ status, text: `see ${TOKEN}`, headers: { location: `${other.url}/?${TOKEN}` } });
      const answer = await ask(gateway.url, "POST", "/api/v1/boxes", { ...json, origin: gateway.url }, "{}");
      expect(answer.status).toBe(502);
      expect(messageOf(answer)).toContain("redirect");
      expect(everything(answer)).not.toContain(TOKEN);
      expect(everything(answer)).not.toContain(other.url);
      expect(other.log).toEqual([]);
      await other.close();
    },
  );

  test.each([
    ["in JSON", { error: { message: `invalid token ${TOKEN}` } }],
    ["as a web page", `<html>${TOKEN}</html>`],
    ["as plain text, twice", `${TOKEN}${TOKEN}`],
  ])("is taken out of a failure %s", async (_, said) => {
    await start(
      typeof said === "string"
        ? { status: 403, text: said, headers: { "x-request-id": TOKEN } }
        : { status: 403, json: said, headers: { "x-request-id": TOKEN } },
    );
    const answer = await ask(gateway.url, "GET", "/api/v1/boxes/b");
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("(token)");
    expect(answer.headers["x-request-id"]).toBe("(token)");
    expect(everything(answer)).not.toContain(TOKEN);
  });

  test("is taken out of a success, too, wherever it is cut in two", async () => {
    for (const at of [1, 10, TOKEN.length - 1]) {
      await start(async (response) => {
        response.writeHead(200, json);
        response.write(`{"said":"${TOKEN.slice(0, at)}`);
        // Not in one piece with the rest.
        await new Promise((resolve) => setImmediate(resolve));
        response.end(`${TOKEN.slice(at)}, and so on"}`);
      });
      const { body } = await ask(gateway.url, "GET", "/api/v1/boxes/b");
      expect(JSON.parse(body)).toEqual({ said: "(token), and so on" });
      await gateway[Symbol.asyncDispose]();
      await server.close();
    }
    await start({ status: 200 });
  });

  test("that the server does not accept is the gateway's trouble, not the page's", async () => {
    await start({ status: 401, json: { error: { message: `bad ${TOKEN}`, code: "unauthenticated" } } });
    const answer = await ask(gateway.url, "GET", "/api/v1/boxes");
    expect(answer.status).toBe(502);
    expect(messageOf(answer)).toContain("token of createGateway()");
    expect(everything(answer)).not.toContain(TOKEN);
  });

  test("is in no error of an option", () => {
    const attempts: Partial<GatewayOptions>[] = [
      { token: `${TOKEN}\n` },
      { target: `http://user:${TOKEN}@host` },
      { target: `http://host/?${TOKEN}` },
      { target: TOKEN },
    ];
    return Promise.all(
      attempts.map(async (options) => {
        const failure = await startGateway({ target: "http://127.0.0.1:1", ...options }).catch(
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(Error);
        expect(String(failure)).not.toContain(TOKEN);
      }),
    ).then(() => start({ status: 200 }));
  });
});

test("a middleware leaves what is not below its mount point to the next", async () => {
  await start({ status: 200, json: {} });
  gateway.http.removeAllListeners("request");
  gateway.http.on("request", (request, response) =>
    gateway.handlers.request(request, response, () => response.end("next")),
  );
  expect((await ask(gateway.url, "GET", "/page")).body).toBe("next");
  expect((await ask(gateway.url, "GET", "/api/v1/boxes/b")).body).toBe("{}");
});

test("an upgrade that is not below the mount point is left to others", async () => {
  await start({ status: 200 });
  const left = once(gateway.http, "upgrade");
  gateway.http.on("upgrade", (request, socket) => {
    if (request.url === "/other")
      socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  const answer = await ask(gateway.url, "GET", "/other", { connection: "Upgrade", upgrade: "other" });
  await left;
  expect(answer.status).toBe(418);
});
