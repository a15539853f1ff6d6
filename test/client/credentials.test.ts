import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { AuthenticationError, BoxLite, InvalidRequestError } from "../../src/index.ts";
import {
  boxAnswer,
  type ReceivedRequest,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted-server.ts";

const SECRET = "s3cret-token-of-the-test";

let server: ScriptedServer;
afterEach(() => server.close());

async function serve(handle: (request: ReceivedRequest) => Reply): Promise<void> {
  server = await startScriptedServer(handle);
}

function credentials(): (string | undefined)[] {
  return server.requests.map(({ headers }) => headers.authorization);
}

describe("the token", () => {
  test("non_expiring_credential: a string is sent with each request", async () => {
    await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    const boxlite = new BoxLite({ baseUrl: server.url, token: SECRET });
    await boxlite.boxes.get("b1");
    expect(credentials()).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
  });

  test("no_credential_yields_no_bearer", async () => {
    await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    await new BoxLite({ baseUrl: server.url }).boxes.get("b1");
    expect(credentials()).toEqual([undefined, undefined]);
  });

  test("non_expiring_credential_is_fetched_once", async () => {
    await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    let issued = 0;
    const boxlite = new BoxLite({
      baseUrl: server.url,
      prefix: null,
      token: async () => `token-${++issued}`,
    });
    await Promise.all([boxlite.boxes.get("b1"), boxlite.boxes.get("b1")]);
    await boxlite.boxes.get("b1");
    expect(credentials()).toEqual(Array(3).fill("Bearer token-1"));
  });

  test("expiring_credential_is_re_requested_each_call: one that is about to end, as its principal says", async () => {
    const principal = (in_ms: number) => ({
      sub: "u1",
      principal_type: "user",
      scopes: [],
      path_prefix: "org",
      expires_at: new Date(Date.now() + in_ms).toISOString(),
    });
    await serve(({ path, headers }) => {
      if (path !== "/v1/me") return { status: 200, json: boxAnswer("b1") };
      return {
        status: 200,
        json: principal(headers.authorization === "Bearer token-1" ? 30_000 : 3_600_000),
      };
    });
    let issued = 0;
    const boxlite = new BoxLite({ baseUrl: server.url, token: () => `token-${++issued}` });
    await boxlite.boxes.get("b1");
    // The first one ends in half a minute: it is replaced, and the principal of the new one asked for, behind the caller's back.
    const log = () => server.requests.map(({ path, headers }) => `${path} ${headers.authorization}`);
    expect(log()[0]).toBe("/v1/me Bearer token-1");
    expect(log()).toContain("/v1/org/boxes/b1 Bearer token-2");
    await expect.poll(log).toContain("/v1/me Bearer token-2");
    await boxlite.boxes.get("b1");
    expect(log().at(-1)).toBe("/v1/org/boxes/b1 Bearer token-2");
    expect(issued).toBe(2);
  });

  test("a 401 asks for it once more, and the request is repeated with the new one, a POST too", async () => {
    await serve(({ headers }) =>
      headers.authorization === "Bearer token-2"
        ? { status: 201, json: boxAnswer("b1") }
        : { status: 401, json: { error: "expired" } },
    );
    let issued = 0;
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token: () => `token-${++issued}` });
    expect((await boxlite.boxes.create({ image: "alpine" })).id).toBe("b1");
    expect(credentials()).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("a second 401 is the end", async () => {
    await serve(() => ({ status: 401, json: { error: "expired" } }));
    let issued = 0;
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token: () => `token-${++issued}` });
    await expect(boxlite.boxes.get("b1")).rejects.toMatchObject({ status: 401, code: "unauthenticated" });
    expect(issued).toBe(2);
    expect(server.requests).toHaveLength(2);
  });

  test("the same token again is not tried again", async () => {
    await serve(() => ({ status: 401 }));
    let issued = 0;
    const token = () => {
      issued += 1;
      return "always-the-same";
    };
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token });
    await expect(boxlite.boxes.get("b1")).rejects.toBeInstanceOf(AuthenticationError);
    expect(issued).toBe(2);
    expect(server.requests).toHaveLength(1);
  });

  test("a function that fails is an AuthenticationError with its cause; nothing is sent", async () => {
    await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    const cause = new Error("the identity provider is down");
    const token = () => Promise.reject(cause);
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token });
    await expect(boxlite.boxes.get("b1")).rejects.toMatchObject({ name: "AuthenticationError", cause });
    expect(server.requests).toHaveLength(0);
  });

  test("a function that never answers does not outlive an abort", async () => {
    await serve(() => ({ status: 200 }));
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token: () => new Promise(() => {}) });
    const controller = new AbortController();
    const call = boxlite.boxes.get("b1", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });

  test.each(["", " ", `${SECRET}\n`, `Bearer ${SECRET}`, "töken"])("%j is refused at once", async (token) => {
    await serve(() => ({ status: 200 }));
    const create = () => new BoxLite({ baseUrl: server.url, token });
    expect(create).toThrow(InvalidRequestError);
    expect(create).not.toThrow(SECRET);
    const boxlite = new BoxLite({ baseUrl: server.url, token: () => token });
    await expect(boxlite.boxes.get("b1")).rejects.toBeInstanceOf(InvalidRequestError);
    expect(server.requests).toHaveLength(0);
  });
});

describe("the token is never shown", () => {
  const everything = { depth: 20, showHidden: true, getters: true } as const;

  test("by the client and the boxes", async () => {
    await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    const boxlite = new BoxLite({ baseUrl: server.url, token: SECRET });
    const box = await boxlite.boxes.get("b1");
    for (const object of [boxlite, box]) {
      expect(inspect(object, everything)).not.toContain(SECRET);
      expect(JSON.stringify(object)).not.toContain(SECRET);
    }
    expect(JSON.parse(JSON.stringify(boxlite))).toEqual({
      baseUrl: server.url,
      boxes: {},
      images: {},
      volumes: {},
    });
  });

  const echo = ({ headers }: ReceivedRequest) => JSON.stringify(headers);
  const failures: [string, (request: ReceivedRequest) => Reply][] = [
    ["refuses it and repeats it", (request) => ({ status: 401, json: { error: echo(request) } })],
    ["repeats it as text", (request) => ({ status: 500, text: echo(request) })],
    ["repeats it as no JSON", (request) => ({ status: 200, text: `you sent ${echo(request)}` })],
    [
      "repeats it in a wrong field",
      (request) => ({ status: 200, json: { box_id: "b1", status: [echo(request)] } }),
    ],
    [
      "repeats it as a field's value",
      ({ headers }) => ({ status: 200, json: boxAnswer("b1", { cpus: headers.authorization }) }),
    ],
    ["closes the connection", () => (response) => response.destroy()],
    [
      "redirects with it",
      () => ({ status: 302, headers: { location: `http://a:${SECRET}@h/x?t=${SECRET}` } }),
    ],
  ];
  test.each(failures)("by the error when the server %s", async (_name, handle) => {
    await serve(handle);
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, token: SECRET });
    const failed = boxlite.boxes.stop("b1");
    await expect(failed).rejects.toBeInstanceOf(Error);
    await failed.catch((error) => {
      expect(inspect(error, everything)).not.toContain(SECRET);
      expect(JSON.stringify(error)).not.toContain(SECRET);
    });
  });
});

test("what a box is given as a secret is in no error either, whatever the server repeats", async () => {
  const value = "hidden-value-of-a-secret";
  const key = '-----BEGIN "KEY"-----\nhidden\\line\n';
  await serve(({ body }) => ({ status: 400, json: { error: { message: JSON.stringify(body), code: "x" } } }));
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
  const created = boxlite.boxes.create({
    secrets: [
      { name: "KEY", value },
      { name: "EMPTY", value: "" },
      { name: "PEM", value: key },
      { name: "PART", value: "BEGIN" },
    ],
  });
  const failure = await created.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InvalidRequestError);
  expect(String(failure)).toContain("(secret)");
  const shown = inspect(failure, { depth: null, showHidden: true });
  expect(shown).not.toContain(value);
  expect(shown).not.toMatch(/BEGIN|hidden|line/);
});
