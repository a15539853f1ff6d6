import { afterEach, describe, expect, test } from "vitest";
import { BoxLite } from "../../src/index.ts";
import { type OperationCall, operationCalls } from "../client/operation-calls.ts";
import {
  boxAnswer,
  type ReceivedRequest,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "../client/scripted-server.ts";
import { type ContractOperation, missing, readContract } from "./contract.ts";

const contract = readContract();

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/** What the servers take although the contract does not have it. */
const NEWER_QUERY = new Set(["source_is_dir"]);

const capabilities = { snapshots_enabled: true, clone_enabled: true, export_enabled: true };

/** Runs a call against a server with a tenant, as the contract has it, and gives the request that it is about. */
async function requestOf(call: OperationCall, { method, path }: ContractOperation, reply: Reply) {
  const wanted = new RegExp(`^/v1${path.replace("{prefix}", "org/team").replace(/\{\w+\}/g, "[^/]+")}$`);
  const isWanted = (request: ReceivedRequest) =>
    request.method === method && wanted.test(request.path.split("?")[0] ?? "");
  const started = await startScriptedServer((request) => {
    if (isWanted(request)) return reply;
    if (request.path === "/v1/config") return { status: 200, json: { capabilities } };
    return { status: 200, json: boxAnswer("b1") };
  });
  server = started;
  const boxlite = new BoxLite({ baseUrl: started.url, prefix: "org/team", token: "t" });
  await call.run(boxlite);
  const sent = started.requests.filter(isWanted);
  expect(sent, `${method} ${path}, of ${started.log.join(", ")}`).not.toHaveLength(0);
  return sent[0];
}

if (contract === undefined) {
  console.log(`the tests of the contract are left out: ${missing}`);
  test.skip(`the contract: ${missing}`, () => {});
} else {
  const { operations, misfit, example } = contract;

  test("every operation of the contract has a method, and no method has one that is not there", () => {
    const covered = operationCalls.map((call) => call.contract).filter((id) => id !== null);
    // Attach is a socket: executions are followed over it.
    expect([...covered, "attachExecution"].sort()).toEqual([...operations.keys()].sort());
  });

  const cases = operationCalls.flatMap((call) => {
    const operation = call.contract === null ? undefined : operations.get(call.contract);
    return operation === undefined ? [] : [[operation.id, call, operation] as const];
  });

  describe.each(cases)("%s", (_, call, operation) => {
    test("method, path, query and body are the contract's", async () => {
      const request = await requestOf(call, operation, call.reply);
      const query = new URL(request?.path ?? "", "http://h").searchParams;
      const parameters = operation.parameters.filter((parameter) => parameter.in === "query");
      for (const [name, value] of query) {
        if (NEWER_QUERY.has(name)) continue;
        const parameter = parameters.find((each) => each.name === name);
        expect(parameter, `query parameter ${name}`).toBeDefined();
        const type = parameter?.schema.type;
        const typed = type === "integer" || type === "boolean" ? JSON.parse(value) : value;
        expect(parameter && misfit(parameter.schema, typed)).toBeUndefined();
      }
      const { body } = request ?? {};
      const isJson = body !== undefined && !(body instanceof Uint8Array);
      if (isJson) expect(operation.body && misfit(operation.body, body)).toBeUndefined();
      const isKeyed = operation.parameters.some(({ name }) => name === "Idempotency-Key");
      expect(request?.headers["idempotency-key"] !== undefined).toBe(isKeyed);
    });

    const { schema, status } = operation.success;
    if (schema !== undefined) {
      test.each([true, false])("an answer of the contract is understood (whole: %s)", async (whole) => {
        const answer = example(schema, whole);
        expect(misfit(schema, answer)).toBeUndefined();
        // It has to be about the box that was asked for.
        const json = typeof answer === "object" && answer !== null && "box_id" in answer;
        const about = json && !("size_bytes" in answer) ? { ...answer, box_id: "b1" } : answer;
        await requestOf(call, operation, { status, json: about });
      });
    }
  });
}
