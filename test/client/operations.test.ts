import { afterEach, describe, expect, test } from "vitest";
import { BoxLite, BoxLiteError } from "../../src/index.ts";
import { operations } from "../../src/rest/operations.ts";
import { type OperationCall, operationCalls } from "./operation-calls.ts";
import { boxAnswer, type Reply, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.close());

/** The box and the configuration, which calls ask for before what they are about. */
const before: Record<string, Reply> = {
  "GET /v1/boxes/b1": { status: 200, json: boxAnswer("b1") },
  "GET /v1/config": {
    status: 200,
    json: {
      capabilities: {
        ...{ snapshots_enabled: true, clone_enabled: true, export_enabled: true },
        inbound_update_enabled: true,
      },
    },
  },
};

async function serve({ line }: OperationCall, reply: Reply): Promise<BoxLite> {
  const wanted = line.replace(" /", " /v1/");
  server = await startScriptedServer(
    ({ method, path }) =>
      (`${method} ${path}` === wanted ? reply : before[`${method} ${path}`]) ?? { status: 404 },
  );
  return new BoxLite({ baseUrl: server.url, prefix: null, token: "t", retry: { limit: 0 } });
}

describe.each(operationCalls.map((call) => [call.operation, call] as const))("%s", (_, call) => {
  test("sends what it should, and makes of the answer what it should", async () => {
    const boxlite = await serve(call, call.reply);
    expect(await call.run(boxlite)).toEqual(call.result);
    const wanted = call.line.replace(" /", " /v1/");
    const sent = server.requests.filter(({ method, path }) => `${method} ${path}` === wanted);
    expect(sent).toHaveLength(1);
    const [request] = sent;
    expect(request?.body).toEqual(call.body);
    expect(request?.headers.authorization).toBe("Bearer t");
    const keyed = "keyed" in operations[call.operation];
    expect(request?.headers["idempotency-key"]).toEqual(keyed ? expect.any(String) : undefined);
  });

  test("a failure names the operation", async () => {
    const boxlite = await serve(call, { status: 418, json: { error: { message: "no", code: "teapot" } } });
    const failure = await call.run(boxlite).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BoxLiteError);
    const { operation, status } = failure as BoxLiteError;
    // The answer to a HEAD has no body, hence no code.
    expect({ operation, status }).toEqual({ operation: call.operation, status: 418 });
  });
});

test("every operation that the client knows is called above; attach is a socket", async () => {
  server = await startScriptedServer(() => ({ status: 404 }));
  const called = operationCalls.map(({ operation }) => operation);
  expect([...called, "box.attach", "execution.attach"].sort()).toEqual(Object.keys(operations).sort());
});
