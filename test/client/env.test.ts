import { afterEach, expect, test, vi } from "vitest";
import { BoxLite, InvalidRequestError } from "../../src/index.ts";
import { boxAnswer, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await server?.close();
  server = undefined;
});

test("the official SDKs' variables, and what is given goes before them", async () => {
  server = await startScriptedServer(() => ({ status: 200, json: boxAnswer("b1") }));
  vi.stubEnv("BOXLITE_REST_URL", ` ${server.url} `);
  vi.stubEnv("BOXLITE_API_KEY", "key\n");
  vi.stubEnv("BOXLITE_REST_PATH_PREFIX", "org");
  await BoxLite.fromEnv().boxes.get("b1");
  await BoxLite.fromEnv({ prefix: null, token: "other" }).boxes.get("b1");
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ["/v1/org/boxes/b1", "Bearer key"],
    ["/v1/boxes/b1", "Bearer other"],
  ]);
});

test("only the URL must be there: no key is no token, no prefix is asked for; blank is not set", async () => {
  server = await startScriptedServer(() => ({ status: 200, json: boxAnswer("b1") }));
  vi.stubEnv("BOXLITE_REST_URL", server.url);
  vi.stubEnv("BOXLITE_API_KEY", "  ");
  vi.stubEnv("BOXLITE_REST_PATH_PREFIX", "");
  await BoxLite.fromEnv().boxes.get("b1");
  expect(server.log).toEqual(["GET /v1/me", "GET /v1/boxes/b1"]);
  expect(server.requests[0]?.headers.authorization).toBeUndefined();
});

test("without a URL it says which variable is missing, also where there is no environment", () => {
  vi.stubEnv("BOXLITE_REST_URL", "");
  expect(() => BoxLite.fromEnv()).toThrow(InvalidRequestError);
  expect(() => BoxLite.fromEnv()).toThrow(/BOXLITE_REST_URL is not set/);
  vi.stubGlobal("process", undefined);
  expect(() => BoxLite.fromEnv()).toThrow(/BOXLITE_REST_URL is not set/);
  expect(BoxLite.fromEnv({ baseUrl: "http://h" }).baseUrl).toBe("http://h");
});

test("what is given as undefined is not given, and what may not be read says so", () => {
  vi.stubEnv("BOXLITE_REST_URL", "http://h.example");
  vi.stubEnv("BOXLITE_REST_PATH_PREFIX", "a/../b");
  expect(() => BoxLite.fromEnv({ prefix: undefined })).toThrow(/cannot be part of a URL/);
  const denied = new Error("Requires env access");
  const env = new Proxy(
    {},
    {
      get() {
        throw denied;
      },
    },
  );
  vi.stubGlobal("process", { env });
  expect(() => BoxLite.fromEnv()).toThrow(/cannot be read. On Deno it takes --allow-env/);
  expect(BoxLite.fromEnv({ baseUrl: "http://h", token: "t", prefix: null }).baseUrl).toBe("http://h");
});
