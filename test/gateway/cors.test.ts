import { afterEach, beforeEach, expect, test } from "vitest";
import { type ScriptedServer, startScriptedServer } from "../client/scripted-server.ts";
import { ask, type RunningGateway, startGateway } from "./setting.ts";
import "./patience.ts";

const APP = "https://app.example";
let server: ScriptedServer;
let gateway: RunningGateway;
let allow = true;

beforeEach(async () => {
  allow = true;
  server = await startScriptedServer(() => ({
    status: 429,
    json: { error: { message: "slow down" } },
    headers: {
      "retry-after": "3",
      "x-request-id": "r",
      "x-ratelimit-remaining-default": "0",
      "access-control-allow-origin": "*",
    },
  }));
  gateway = await startGateway({
    target: server.url,
    origins: [APP],
    authorize: () => (allow ? { allow } : { allow: false }),
  });
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await server.close();
});

const corsOf = (headers: object) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));

test("a preflight of a listed origin is answered, for what the route takes; the server is not asked", async () => {
  allow = false;
  const { status, headers } = await ask(gateway.url, "OPTIONS", "/api/v1/boxes/b/executions/e", {
    origin: APP,
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "authorization,content-type",
    "sec-fetch-site": "cross-site",
  });
  expect(status).toBe(204);
  expect(corsOf(headers)).toEqual({
    "access-control-allow-origin": APP,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, DELETE",
    "access-control-allow-headers": "authorization, accept, content-type, idempotency-key, x-request-id",
    "access-control-expose-headers": "x-boxlite-gateway, retry-after, x-boxlite-source-is-dir, x-request-id",
    "access-control-max-age": "600",
  });
  expect(headers.vary).toBe("Origin");
  expect(server.log).toEqual([]);
});

test.each(["https://hostile.example", "null", "http://app.example", "https://app.example.hostile.example"])(
  "%s gets no CORS header, on a preflight or otherwise",
  async (origin) => {
    const preflight = { origin, "access-control-request-method": "POST" };
    const answers = [
      await ask(gateway.url, "OPTIONS", "/api/v1/boxes", preflight),
      await ask(gateway.url, "GET", "/api/v1/boxes", { origin }),
      await ask(gateway.url, "POST", "/api/v1/boxes", { origin }),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBe(403);
      expect(corsOf(headers)).toEqual({});
    }
    expect(server.log).toEqual([]);
  },
);

test("its own origin needs none, and has no preflight", async () => {
  expect(corsOf((await ask(gateway.url, "GET", "/api/v1/boxes", { origin: gateway.url })).headers)).toEqual(
    {},
  );
  const preflight = { origin: gateway.url, "access-control-request-method": "POST" };
  expect((await ask(gateway.url, "OPTIONS", "/api/v1/boxes", preflight)).status).toBe(405);
});

test("answers of a listed origin can be read, with their limits; so can refusals of the gateway", async () => {
  const { status, headers } = await ask(gateway.url, "POST", "/api/v1/boxes", { origin: APP });
  expect(status).toBe(429);
  expect(corsOf(headers)).toEqual({
    "access-control-allow-origin": APP,
    "access-control-allow-credentials": "true",
    "access-control-expose-headers":
      "x-boxlite-gateway, retry-after, x-boxlite-source-is-dir, x-request-id, x-ratelimit-remaining-default",
  });
  allow = false;
  const refused = await ask(gateway.url, "GET", "/api/v1/boxes", { origin: APP });
  expect(refused.status).toBe(401);
  expect(refused.headers["access-control-allow-origin"]).toBe(APP);
  expect(
    (await ask(gateway.url, "GET", "/api/nothing", { origin: APP })).headers["access-control-allow-origin"],
  ).toBe(APP);
});

test("a preflight for what is no route is no preflight", async () => {
  const preflight = { origin: APP, "access-control-request-method": "POST" };
  expect((await ask(gateway.url, "OPTIONS", "/api/v1/admin", preflight)).status).toBe(404);
  expect((await ask(gateway.url, "OPTIONS", "/api/v1/boxes", { origin: APP })).status).toBe(405);
});
