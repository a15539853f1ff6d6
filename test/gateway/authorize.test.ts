import { afterEach, expect, test, vi } from "vitest";
import type { Authorize, Decision } from "../../src/gateway/index.ts";
import { incomingMessage } from "../../src/gateway/node.ts";
import { boxAnswer, type ScriptedServer, startScriptedServer } from "../client/scripted-server.ts";
import { ask, messageOf, type RunningGateway, startGateway, UPGRADE } from "./setting.ts";
import "./patience.ts";

let server: ScriptedServer;
let gateway: RunningGateway;
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await server.close();
  vi.restoreAllMocks();
});

async function start(authorize: Authorize | undefined): Promise<void> {
  server = await startScriptedServer(({ path }) => {
    if (path === "/v1/me")
      return { status: 200, json: { sub: "key-1", email: "a@b.example", path_prefix: "org" } };
    if (path.startsWith("/v1/boxes?") || path === "/v1/boxes") {
      return {
        status: 200,
        json: { boxes: [boxAnswer("b1"), boxAnswer("b2", { name: "b1" })], next_page_token: "n" },
      };
    }
    return { status: 200, json: {} };
  });
  gateway = await startGateway({ target: server.url, authorize });
}

const statusOf = async (method: string, path: string) =>
  (await ask(gateway.url, method, `/api/v1${path}`, { origin: gateway.url })).status;

test("without it nobody may do anything, and the answer says what to do", async () => {
  await start(undefined);
  const answer = await ask(gateway.url, "GET", "/api/v1/me");
  expect(answer.status).toBe(403);
  expect(messageOf(answer)).toContain("createGateway({ authorize:");
  expect(
    (await ask(gateway.url, "GET", "/api/v1/boxes/b/attach", { ...UPGRADE, origin: gateway.url })).status,
  ).toBe(403);
  expect(server.log).toEqual([]);
});

test("it sees the page's request as it is", async () => {
  let seen: Request | undefined;
  await start((request) => {
    seen = request;
    return { allow: true };
  });
  const headers = {
    cookie: "session=1",
    authorization: "Bearer app",
    origin: gateway.url,
    "content-length": "2",
  };
  expect((await ask(gateway.url, "POST", "/api/v1/boxes?x=1", headers, "{}")).status).toBe(200);
  expect(seen?.method).toBe("POST");
  expect(seen?.url).toBe(`${gateway.url}/api/v1/boxes?x=1`);
  expect(Object.fromEntries(seen?.headers ?? [])).toMatchObject({
    cookie: "session=1",
    authorization: "Bearer app",
  });
  expect(seen && incomingMessage(seen)?.url).toBe("/api/v1/boxes?x=1");
});

test("it may deny with a status and a sentence", async () => {
  let decision: Decision = { allow: false };
  await start(async () => decision);
  expect(await statusOf("GET", "/me")).toBe(401);
  decision = { allow: false, status: 403, message: "your trial has ended" };
  const answer = await ask(gateway.url, "GET", "/api/v1/me");
  expect(answer.status).toBe(403);
  expect(messageOf(answer)).toBe("your trial has ended");
  expect(server.log).toEqual([]);
});

test.each([
  ["nothing", () => undefined],
  ["null", () => null],
  ["true", () => true],
  ["a truthy allow", () => ({ allow: "yes" })],
  ["an object without allow", () => ({})],
  ["a rejection", () => Promise.reject(new Error("the database is at 10.0.0.7"))],
  [
    "an exception",
    () => {
      throw new Error("the database is at 10.0.0.7");
    },
  ],
])("what is not plainly an allowance is none: %s", async (_, decide) => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  // As an application in JavaScript might have it.
  await start(decide as unknown as Authorize);
  const answer = await ask(gateway.url, "GET", "/api/v1/boxes");
  expect([401, 500]).toContain(answer.status);
  expect(logged).toHaveBeenCalledTimes(answer.status === 500 ? 1 : 0);
  expect(answer.body).not.toContain("10.0.0.7");
  expect(server.log).toEqual([]);
});

test("boxes: others are neither reached nor listed, and what concerns none of them needs to be named", async () => {
  await start(() => ({ allow: true, boxes: ["b1"] }));
  expect(await statusOf("GET", "/boxes/b1")).toBe(200);
  expect(await statusOf("POST", "/org/boxes/b1/exec")).toBe(200);
  for (const [method, path] of [
    ["GET", "/boxes/b2"],
    ["GET", "/boxes/B1"],
    ["POST", "/org/boxes/b2/exec"],
    ["GET", "/boxes/b2/executions/b1"],
    ["POST", "/boxes/b2/executions/e/attach"],
    ["POST", "/boxes"],
    ["POST", "/boxes/import"],
    ["GET", "/metrics"],
    ["GET", "/volumes"],
  ] as const) {
    expect(await statusOf(method, path), path).toBe(403);
  }
  const upgrade = await ask(gateway.url, "GET", "/api/v1/boxes/b2/executions/e/attach", {
    ...UPGRADE,
    origin: gateway.url,
  });
  expect(upgrade.status).toBe(403);
  const { body } = await ask(gateway.url, "GET", "/api/v1/boxes?pageSize=2");
  expect(JSON.parse(body)).toEqual({ boxes: [boxAnswer("b1")], next_page_token: "n" });
  expect(server.log).toEqual(["GET /v1/boxes/b1", "POST /v1/org/boxes/b1/exec", "GET /v1/boxes?pageSize=2"]);
});

test("no boxes at all is an empty list", async () => {
  await start(() => ({ allow: true, boxes: [] }));
  expect(JSON.parse((await ask(gateway.url, "GET", "/api/v1/boxes")).body).boxes).toEqual([]);
});

test("operations: others are refused, but for what the client needs to find its way", async () => {
  await start(() => ({ allow: true, boxes: ["b1"], operations: ["execution.start", "boxes.create"] }));
  expect(await statusOf("POST", "/boxes/b1/exec")).toBe(200);
  expect(await statusOf("POST", "/boxes")).toBe(200);
  expect(await statusOf("GET", "/me")).toBe(200);
  expect(await statusOf("GET", "/config")).toBe(200);
  expect(await statusOf("GET", "/boxes/b1")).toBe(403);
  expect(await statusOf("DELETE", "/boxes/b1/executions/e")).toBe(403);
  expect(await statusOf("POST", "/boxes/b1/executions/e/attach")).toBe(403);
  expect(await statusOf("POST", "/boxes/b2/exec")).toBe(403);
});

test("who the gateway is to the server is not told, only the prefix", async () => {
  await start(() => ({ allow: true }));
  expect((await ask(gateway.url, "GET", "/api/v1/me")).body).toBe('{"path_prefix":"org"}');
});
