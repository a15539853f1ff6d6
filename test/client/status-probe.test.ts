import { afterEach, expect, test } from "vitest";
import { createStatusProbe } from "../../src/client/status-probe.ts";
import { createHttp } from "../../src/rest/http.ts";
import { type Reply, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.close());

const PARAMS = { box: "b1", execution: "e1" };

async function probe(reply: Reply) {
  server = await startScriptedServer(() => reply);
  const http = createHttp({ baseUrl: server.url, prefix: null });
  return createStatusProbe(http, PARAMS)(new AbortController().signal);
}

const answer = (json: unknown): Reply => ({ status: 200, json });

test.each<[string, Reply, object]>([
  ["running", answer({ execution_id: "e1", status: "running" }), { kind: "running" }],
  [
    "completed",
    answer({ status: "completed", exit_code: 3 }),
    { kind: "terminal", status: "completed", exitCode: 3, message: null },
  ],
  [
    "killed, without a code",
    answer({ status: "killed", exit_code: null }),
    { kind: "terminal", status: "killed", exitCode: null, message: null },
  ],
  [
    "timed out, with the runner's words",
    answer({ status: "timed_out", exit_code: -15, error_message: "too slow" }),
    { kind: "terminal", status: "timed_out", exitCode: -15, message: "too slow" },
  ],
  [
    "an unknown status",
    answer({ status: "frozen" }),
    { kind: "unavailable", message: expect.stringContaining("frozen") },
  ],
  ["404", { status: 404, json: { error: "unknown" } }, { kind: "gone" }],
  ["410", { status: 410 }, { kind: "gone" }],
  ["401", { status: 401 }, { kind: "denied", cause: expect.any(Error) }],
  ["403", { status: 403 }, { kind: "denied", cause: expect.any(Error) }],
  [
    "a web page for a 404",
    { status: 404, text: "<html>" },
    { kind: "unavailable", cause: expect.any(Error) },
  ],
  ["a web page", { status: 200, text: "<html>" }, { kind: "unavailable", cause: expect.any(Error) }],
  ["a code that is no number", answer({ status: "completed", exit_code: "0" }), { kind: "unavailable" }],
  ["a redirect", { status: 302, headers: { location: "/login" } }, { kind: "unavailable" }],
  ["409", { status: 409 }, { kind: "unavailable" }],
  ["503", { status: 503 }, { kind: "unavailable" }],
  ["no answer", (response) => response.destroy(), { kind: "unavailable", cause: expect.any(Error) }],
])("%s, asked for once", async (_name, reply, expected) => {
  expect(await probe(reply)).toMatchObject(expected);
  expect(server.log).toEqual(["GET /v1/boxes/b1/executions/e1"]);
});

test("an abort ends it without a rejection", async () => {
  server = await startScriptedServer(() => () => {});
  const controller = new AbortController();
  const http = createHttp({ baseUrl: server.url, prefix: null });
  const report = createStatusProbe(http, PARAMS)(controller.signal);
  const request = await server.requested("GET /v1/boxes/b1/executions/e1");
  controller.abort();
  expect(await report).toMatchObject({ kind: "unavailable" });
  await request.closed;
});

test("a token is renewed once; one that cannot be had says nothing of the execution", async () => {
  server = await startScriptedServer(({ headers }) =>
    headers.authorization === "Bearer token-2" ? answer({ status: "running" }) : { status: 401 },
  );
  let issued = 0;
  const renewed = createHttp({ baseUrl: server.url, prefix: null, token: () => `token-${++issued}` });
  expect(await createStatusProbe(renewed, PARAMS)(new AbortController().signal)).toEqual({ kind: "running" });
  const broken = createHttp({
    baseUrl: server.url,
    prefix: null,
    token: () => Promise.reject(new Error("down")),
  });
  expect(await createStatusProbe(broken, PARAMS)(new AbortController().signal)).toMatchObject({
    kind: "unavailable",
  });
});
