import { afterEach, describe, expect, test } from "vitest";
import { BoxLite, InvalidResponseError } from "../../src/index.ts";
import {
  boxAnswer,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "../client/scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.close());

async function serve(me: () => Reply | Promise<Reply>): Promise<BoxLite> {
  server = await startScriptedServer(({ path }) =>
    path === "/v1/me" ? me() : { status: 200, json: boxAnswer("b1") },
  );
  return new BoxLite({ baseUrl: server.url });
}

describe("the paths", () => {
  test("url_substitutes_path_prefix_when_set", async () => {
    await serve(() => ({ status: 500 }));
    await new BoxLite({ baseUrl: server.url, prefix: "org" }).boxes.get("b1");
    expect(server.log).toEqual(["GET /v1/org/boxes/b1"]);
  });

  test.each([null, ""])("url_skips_segment_when_path_prefix_unset (%j): nothing is asked", async (prefix) => {
    await serve(() => ({ status: 500 }));
    await new BoxLite({ baseUrl: `${server.url}/`, prefix }).boxes.get("b1");
    expect(server.log).toEqual(["GET /v1/boxes/b1"]);
  });

  test("url_passes_multi_segment_path_prefix_verbatim", async () => {
    const boxlite = await serve(() => ({ status: 200, json: { path_prefix: "org/team%20" } }));
    await boxlite.boxes.get("b1");
    expect(server.log).toEqual(["GET /v1/me", "GET /v1/org/team%20/boxes/b1"]);
  });

  test("url_root_omits_path_prefix_segment, below a base path too", async () => {
    server = await startScriptedServer(({ path }) =>
      path === "/api/v1/me"
        ? { status: 200, json: { path_prefix: "org" } }
        : { status: 200, json: boxAnswer("b1") },
    );
    await new BoxLite({ baseUrl: `${server.url}/api/` }).boxes.get("b1");
    expect(server.log).toEqual(["GET /api/v1/me", "GET /api/v1/org/boxes/b1"]);
  });

  test.each([
    [{ path_prefix: "org", prefix: "old" }, "/v1/org/boxes/b1"],
    [{ prefix: "old" }, "/v1/old/boxes/b1"],
    [{ path_prefix: null, prefix: null }, "/v1/boxes/b1"],
    [{ path_prefix: "" }, "/v1/boxes/b1"],
    [{ sub: "local-anonymous", prefix: null }, "/v1/boxes/b1"],
    [{}, "/v1/boxes/b1"],
  ])("/v1/me answers %j → %s", async (json, expected) => {
    const boxlite = await serve(() => ({ status: 200, json }));
    await boxlite.boxes.get("b1");
    expect(server.log).toEqual(["GET /v1/me", `GET ${expected}`]);
  });

  test("a prefix from the server that leads elsewhere is not followed", async () => {
    const boxlite = await serve(() => ({ status: 200, json: { path_prefix: "../../admin" } }));
    await expect(boxlite.boxes.get("b1")).rejects.toThrow(/prefix/);
    expect(server.log).toEqual(["GET /v1/me"]);
  });
});

describe("discovery", () => {
  test("is lazy, shared by concurrent callers and remembered", async () => {
    const boxlite = await serve(() => ({ status: 200, json: { path_prefix: "org" } }));
    expect(server.requests).toHaveLength(0);
    await Promise.all([boxlite.boxes.get("b1"), boxlite.boxes.get("b2")]);
    await boxlite.boxes.get("b3");
    expect(server.log.filter((line) => line === "GET /v1/me")).toHaveLength(1);
    expect(server.log).toContain("GET /v1/org/boxes/b3");
  });

  test("a failure is told to each and is not remembered", async () => {
    let answers = 0;
    const boxlite = await serve(() =>
      ++answers === 1
        ? { status: 200, text: "<html></html>" }
        : { status: 200, json: { path_prefix: "org" } },
    );
    const calls = await Promise.allSettled([boxlite.boxes.get("b1"), boxlite.boxes.get("b2")]);
    for (const call of calls) {
      expect(call).toMatchObject({ status: "rejected", reason: expect.any(InvalidResponseError) });
    }
    await boxlite.boxes.get("b3");
    expect(server.log).toEqual(["GET /v1/me", "GET /v1/me", "GET /v1/org/boxes/b3"]);
  });

  test("one caller's abort does not take it from another", async () => {
    let answer: (reply: Reply) => void = () => {};
    const boxlite = await serve(() => new Promise((resolve) => (answer = resolve)));
    const controller = new AbortController();
    const aborted = boxlite.boxes.get("b1", { signal: controller.signal });
    const other = boxlite.boxes.get("b2");
    await server.requested("GET /v1/me");
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    answer({ status: 200, json: { path_prefix: "org" } });
    await other;
    expect(server.log).toEqual(["GET /v1/me", "GET /v1/org/boxes/b2"]);
  });

  test("is given up when nobody waits for it any more, and asked again by the next", async () => {
    let asked = 0;
    const boxlite = await serve(() =>
      ++asked === 1 ? () => {} : { status: 200, json: { path_prefix: "org" } },
    );
    const controller = new AbortController();
    const aborted = boxlite.boxes.get("b1", { signal: controller.signal });
    const me = await server.requested("GET /v1/me");
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await me.closed;
    await boxlite.boxes.get("b2");
    expect(server.log).toEqual(["GET /v1/me", "GET /v1/me", "GET /v1/org/boxes/b2"]);
  });
});
