import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BoxLite, BoxLiteError, type OperationName } from "../../src/index.ts";
import { operations } from "../../src/rest/operations.ts";
import { type OperationCall, operationCalls } from "./operation-calls.ts";
import { boxAnswer } from "./scripted-server.ts";

/**
 * Whatever a server answers, a call gives a value of its declared type or a typed error. The types are written down here once more,
 * apart from the schemas that are tested.
 */
type Shape = "string" | "number" | "boolean" | "map" | "strings" | { readonly [field: string]: Shape };

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1e9);

const box: Shape = {
  ...{ id: "string", status: "string", createdAt: "string", updatedAt: "string", image: "string" },
  ...{ cpus: "number", memoryMib: "number", "name?": "string", "labels?": "map", "autoStop?": "number" },
  ...{ "autoPause?": "number", "autoDelete?": "number", "autoResume?": "boolean", "pid?": "number" },
  ...{ "exitCode?": "number" },
};
const snapshot: Shape = {
  ...{ id: "string", boxId: "string", name: "string", createdAt: "number", containerDiskBytes: "number" },
  ...{ sizeBytes: "number", "guestDiskBytes?": "number" },
};
const image: Shape = {
  ...{ id: "string", reference: "string", repository: "string", tag: "string", cachedAt: "string" },
  ...{ "sizeBytes?": "number" },
};
const volume: Shape = { id: "string", createdAt: "string", "name?": "string", "sizeBytes?": "number" };
const counters = (...names: string[]): Shape =>
  Object.fromEntries(names.map((name) => [`${name}?`, "number" as const]));

const shapes: Partial<Record<OperationName, Shape>> = {
  me: {
    ...{ sub: "string", principalType: "string", scopes: "strings", "email?": "string" },
    ...{ "displayName?": "string", "pathPrefix?": "string", "expiresAt?": "string" },
  },
  config: {
    capabilities: {
      ...{ "snapshotsEnabled?": "boolean", "maxCpus?": "number", "supportedSecurityPresets?": "strings" },
      ...{ "idempotencyKeyLifetime?": "string", "execTimeoutMaxSeconds?": "number" },
    },
    "defaults?": { "memoryMib?": "number", "securityPreset?": "string" },
    "overrides?": "map",
  },
  metrics: counters("boxesCreatedTotal", "numRunningBoxes", "totalExecErrors"),
  "boxes.list": { items: { "0?": { id: "string", status: "string" } }, "nextPageToken?": "string" },
  "boxes.create": box,
  "boxes.import": box,
  "box.get": box,
  "box.start": box,
  "box.stop": box,
  "box.clone": box,
  "box.metrics": {
    "commandsExecutedTotal?": "number",
    "cpuPercent?": "number",
    "bootTiming?": counters("guestBootMs", "totalCreateMs"),
  },
  "box.network": "string",
  "box.tunnel": { href: "string" },
  "execution.start": "string",
  "execution.status": {
    ...{ status: "string", "exitCode?": "number", "errorMessage?": "string", "startedAt?": "string" },
    ...{ "durationMs?": "number" },
  },
  "snapshots.create": snapshot,
  "snapshots.list": { "0?": snapshot },
  "snapshots.get": snapshot,
  "images.pull": image,
  "images.list": { "0?": image },
  "images.get": image,
  "volumes.create": volume,
  "volumes.list": { "0?": volume },
  "volumes.get": volume,
};

/** Where a value is not of its type, or undefined. */
function misfit(value: unknown, shape: Shape, at = "the result"): string | undefined {
  if (shape === "strings") return isListOf(value, "string") ? undefined : `${at} is no list of strings`;
  if (shape === "map") {
    return isObject(value) && isListOf(Object.values(value), "string") ? undefined : `${at} is no map`;
  }
  if (typeof shape === "string") return typeof value === shape ? undefined : `${at} is no ${shape}`;
  if (!isObject(value)) return `${at} is no object`;
  for (const [key, inner] of Object.entries(shape)) {
    const name = key.replace("?", "");
    // Present is what counts, however it came about: inherited would be a way past the schema.
    if (key.endsWith("?") && !(name in value)) continue;
    const field = misfit((value as Record<string, unknown>)[name], inner, `${at}.${name}`);
    if (field !== undefined) return field;
  }
  return undefined;
}

function isListOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

type Json = unknown;

const deep = (depth: number): Json => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);

const replacement: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, 0, -1, 1e308, "", "NaN", "Infinity", "null", [], {}, [null], [[]]),
  fc.constantFrom<Json>("x".repeat(100_000), deep(500), { box_id: {}, id: [] }, { nested: deep(50) }),
  fc.jsonValue({ maxDepth: 3 }),
);

interface Mutation {
  /** Which of the places in the answer, counted around. */
  readonly place: number;
  readonly change: { readonly kind: "remove" } | { readonly kind: "set" | "add"; readonly value: Json };
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(1_000),
  change: fc.oneof(
    fc.constant({ kind: "remove" as const }),
    fc.record({ kind: fc.constantFrom("set" as const, "add" as const), value: replacement }),
  ),
});

/** The places of a JSON value: each is the object or list it is in, and its key there. */
function placesOf(value: Json): { holder: Record<string, Json>; key: string }[] {
  if (!isObject(value)) return [];
  const holder = value as Record<string, Json>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}

const NEW_FIELDS = ["__proto__", "constructor", "boxId", "nextPageToken", "brand_new", "id", "toString", ""];

function mutate(root: Json, { place, change }: Mutation): void {
  const places = placesOf(root);
  const { holder, key } = places[place % places.length] ?? {};
  if (holder === undefined || key === undefined) return;
  if (change.kind === "remove") {
    delete holder[key];
    return;
  }
  // A copy: the next mutation may change it.
  const value = structuredClone(change.value);
  const name = change.kind === "set" ? key : (NEW_FIELDS[place % NEW_FIELDS.length] ?? "");
  // Defined, so that a field called `__proto__` is one.
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

/** What is sent for a JSON text: as it is, or spoilt on its way. */
const transport: fc.Arbitrary<(text: string) => Uint8Array<ArrayBuffer> | string> = fc.oneof(
  { weight: 6, arbitrary: fc.constant((text: string) => text) },
  {
    weight: 1,
    arbitrary: fc.nat(100).map((part) => (text: string) => text.slice(0, (text.length * part) / 100)),
  },
  { weight: 1, arbitrary: fc.constant((text: string) => `\ufeff${text}`) },
  { weight: 1, arbitrary: fc.constant((text: string) => new Uint8Array(Buffer.from(text, "utf16le"))) },
  { weight: 1, arbitrary: fc.constant((text: string) => new Uint8Array(Buffer.from(text, "latin1"))) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        "<!doctype html><h1>502</h1>",
        "",
        " ",
        "NaN",
        "null",
        '"text"',
        "[]",
        "{",
        "[".repeat(1e5),
      )
      .map((body) => () => body),
  },
);

const answers = fc.record({
  mutations: fc.array(mutation, { minLength: 0, maxLength: 4 }),
  spoil: transport,
  status: fc.constantFrom(200, 200, 200, 201, 202, 206, 400, 401, 404, 409, 422, 429, 500, 503),
  type: fc.constantFrom("application/json", "text/html", "text/plain; charset=utf-16", ""),
});

/** The call's result on a server that answers it with a body. */
async function resultOf(call: OperationCall, body: Uint8Array<ArrayBuffer> | string, init: ResponseInit) {
  const { method, path } = operations[call.operation];
  const wanted = new RegExp(`^/v1/${path.replace(/:\w+/g, "[^/]+")}$`);
  const boxlite = new BoxLite({
    baseUrl: "http://h.example",
    prefix: null,
    retry: { limit: 0 },
    webSocket: () => {
      throw new Error("none");
    },
    fetch: async (input, options) => {
      const request = new Request(input, options);
      const { pathname } = new URL(request.url);
      if (request.method === method && wanted.test(pathname)) return new Response(body, init);
      const enabled = {
        ...{ snapshots_enabled: true, clone_enabled: true, export_enabled: true },
        inbound_update_enabled: true,
      };
      return Response.json(pathname === "/v1/config" ? { capabilities: enabled } : boxAnswer("b1"));
    },
  });
  return call.run(boxlite);
}

const cases = operationCalls.flatMap((call) => {
  const shape = shapes[call.operation];
  const { reply } = call;
  const json = typeof reply === "object" && "json" in reply ? reply.json : undefined;
  return shape === undefined || json === undefined ? [] : [[call.operation, call, shape, json] as const];
});

test("every operation that is answered with JSON is among them", () => {
  const jsons = operationCalls.filter(({ reply }) => typeof reply === "object" && "json" in reply);
  expect(cases.map(([name]) => name)).toEqual(jsons.map(({ operation }) => operation));
});

describe(`${RUNS} answers for each (FUZZ_SEED=${SEED})`, () => {
  test.each(cases)("%s", async (_, call, shape, json) => {
    expect(misfit(await resultOf(call, JSON.stringify(json), { status: 200 }), shape)).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(answers, async ({ mutations, spoil, status, type }) => {
        const mutated = structuredClone({ answer: json });
        for (const each of mutations) mutate(mutated, each);
        const body = spoil(JSON.stringify(mutated.answer) ?? "");
        let result: unknown;
        try {
          result = await resultOf(call, body, { status, headers: type ? { "content-type": type } : {} });
        } catch (error) {
          if (error instanceof BoxLiteError) return;
          throw new Error("not a typed error", { cause: error });
        }
        const wrong = misfit(result, shape);
        if (wrong !== undefined) throw new Error(wrong);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
