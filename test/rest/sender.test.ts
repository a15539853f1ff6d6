import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { NetworkError, TimeoutError } from "../../src/index.ts";
import { createHttp } from "../../src/rest/http.ts";
import { type ScriptedServer, startScriptedServer } from "../client/scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.close());

const call = { operation: "box.get", params: { box: "b1" } } as const;

test("no answer in time: a TimeoutError that says what was asked, and the request is given up", async () => {
  server = await startScriptedServer(() => () => {});
  const http = createHttp({ baseUrl: server.url, prefix: null });
  const sent = http.send({ ...call, timeout: 50 });
  await expect(sent).rejects.toBeInstanceOf(TimeoutError);
  await expect(sent).rejects.toThrow(`Get box b1 (GET ${server.url}/v1/boxes/b1): no answer within 0.05 s`);
  await (await server.requested("GET /v1/boxes/b1")).closed;
});

test("an answer whose body does not come is none", async () => {
  server = await startScriptedServer(() => (response) => {
    response.writeHead(200, { "content-length": "10" });
    response.flushHeaders();
  });
  const http = createHttp({ baseUrl: server.url, prefix: null });
  await expect(http.send({ ...call, timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
});

test("the time covers the retries, and the discovery of the prefix", async () => {
  const slow = (response: ServerResponse) => response.on("error", () => {});
  let asked = 0;
  server = await startScriptedServer(({ path }) => {
    if (path === "/v1/me") return slow;
    return ++asked === 1 ? { status: 503, headers: { "retry-after": "0" } } : slow;
  });
  const fixed = createHttp({ baseUrl: server.url, prefix: null });
  await expect(fixed.send({ ...call, timeout: 500 })).rejects.toBeInstanceOf(TimeoutError);
  expect(asked).toBe(2);
  const discovered = createHttp({ baseUrl: server.url });
  await expect(discovered.send({ ...call, timeout: 50 })).rejects.toBeInstanceOf(TimeoutError);
  await (await server.requested("GET /v1/me")).closed;
});

test("what the server said is told at once where its Retry-After is beyond the time", async () => {
  server = await startScriptedServer(() => ({ status: 503, headers: { "retry-after": "10" } }));
  const http = createHttp({ baseUrl: server.url, prefix: null });
  await expect(http.send({ ...call, timeout: 5_000 })).rejects.toMatchObject({
    name: "ServerError",
    retryAfter: 10_000,
  });
  expect(server.requests).toHaveLength(1);
});

test("a fetch that throws anything is a NetworkError with that as its cause", async () => {
  server = await startScriptedServer(() => ({ status: 200 }));
  const cause = new Error("no network today");
  const http = createHttp({ baseUrl: server.url, prefix: null, fetch: () => Promise.reject(cause) });
  await expect(http.send(call)).rejects.toBeInstanceOf(NetworkError);
  await expect(http.send(call)).rejects.toMatchObject({
    cause,
    message: expect.stringContaining("no network today"),
  });
});

test("WebSocket URLs have the same path, and the token goes into a header", async () => {
  server = await startScriptedServer(() => ({ status: 200, json: { path_prefix: "org" } }));
  let issued = 0;
  const http = createHttp({ baseUrl: `${server.url}/api`, token: () => `token-${++issued}` });
  const url = await http.webSocketUrl(["boxes", "a/b", "attach"]);
  expect(url).toBe(`${server.url.replace("http:", "ws:")}/api/v1/org/boxes/a%2Fb/attach`);
  expect(await http.headers()).toEqual({ authorization: "Bearer token-1" });
});
