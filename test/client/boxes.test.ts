import { afterEach, describe, expect, test } from "vitest";
import {
  BoxLite,
  ConflictError,
  InvalidRequestError,
  InvalidResponseError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
} from "../../src/index.ts";
import {
  boxAnswer,
  type ReceivedRequest,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted-server.ts";

let server: ScriptedServer;
afterEach(() => server.close());

async function serve(handle: (request: ReceivedRequest) => Reply | Promise<Reply>): Promise<BoxLite> {
  server = await startScriptedServer(handle);
  return new BoxLite({ baseUrl: server.url, prefix: null });
}

/** Answers by line; anything else is a 404. */
function serveLines(lines: Record<string, Reply>): Promise<BoxLite> {
  return serve(
    ({ method, path }) => lines[`${method} ${path}`] ?? { status: 404, json: { error: "no such route" } },
  );
}

describe("create", () => {
  test("sends only what was set, in the wire's names", async () => {
    const boxlite = await serve(() => ({ status: 201, json: boxAnswer("b1") }));
    await boxlite.boxes.create({ image: "alpine:latest", name: undefined });
    await boxlite.boxes.create({
      image: "alpine:latest",
      name: "n",
      cpus: 2,
      memoryMib: 1024,
      diskSizeGb: 4,
      env: { A: "1" },
      workingDir: "/w",
      entrypoint: ["/bin/sh"],
      cmd: ["-c"],
      user: "1000:1000",
      tty: true,
      autoStop: 0,
      autoDelete: 60,
      autoResume: false,
      network: { mode: "enabled", allowNet: ["*.example.com"] },
    });
    expect(server.requests.map(({ body }) => body)).toEqual([
      { image: "alpine:latest" },
      {
        image: "alpine:latest",
        name: "n",
        cpus: 2,
        memory_mib: 1024,
        disk_size_gb: 4,
        env: { A: "1" },
        working_dir: "/w",
        entrypoint: ["/bin/sh"],
        cmd: ["-c"],
        user: "1000:1000",
        tty: true,
        auto_stop: 0,
        auto_delete: 60,
        auto_resume: false,
        network: { mode: "enabled", allow_net: ["*.example.com"] },
      },
    ]);
    expect(server.requests[0]?.headers["content-type"]).toBe("application/json");
  });

  test("gives the box as the server describes it: what it leaves out is absent, what is new is kept", async () => {
    const answer = {
      ...boxAnswer("b1", { labels: { team: "x" }, auto_stop: 900, brand_new: [] }),
      status: "thawing",
    };
    const boxlite = await serve(() => ({ status: 201, json: answer }));
    const box = await boxlite.boxes.create({ image: "alpine:latest" });
    expect(box).toMatchObject({ id: "b1", name: undefined, status: "thawing", image: "alpine:latest" });
    expect(box.info).toEqual({
      id: "b1",
      status: "thawing",
      image: "alpine:latest",
      cpus: 1,
      memoryMib: 512,
      createdAt: "2026-11-01T00:00:00Z",
      updatedAt: "2026-11-01T00:00:00Z",
      labels: { team: "x" },
      autoStop: 900,
      brandNew: [],
    });
    expect(box.info).not.toHaveProperty("name");
  });

  test("is not repeated after a 503 or a cut", async () => {
    const boxlite = await serve(({ body }) =>
      JSON.stringify(body).includes("cut") ? (response) => response.destroy() : { status: 503 },
    );
    await expect(boxlite.boxes.create({ image: "unavailable" })).rejects.toBeInstanceOf(ServerError);
    await expect(boxlite.boxes.create({ image: "cut" })).rejects.toBeInstanceOf(NetworkError);
    expect(server.log).toEqual(["POST /v1/boxes", "POST /v1/boxes"]);
  });

  test("aborted before: nothing is sent", async () => {
    const boxlite = await serve(() => ({ status: 201, json: boxAnswer("b1") }));
    const create = boxlite.boxes.create({ image: "alpine", signal: AbortSignal.abort(new Error("enough")) });
    await expect(create).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(0);
  });

  test("aborted while the tenant is asked for: no box is asked for", async () => {
    const controller = new AbortController();
    server = await startScriptedServer(({ path }) => {
      if (path !== "/v1/me") return { status: 201, json: boxAnswer("b1") };
      controller.abort(new Error("enough"));
      return { status: 200, json: {} };
    });
    const boxlite = new BoxLite({ baseUrl: server.url });
    await expect(boxlite.boxes.create({ image: "alpine", signal: controller.signal })).rejects.toThrow(
      "enough",
    );
    await boxlite.boxes.get("b1");
    expect(server.log).toEqual(["GET /v1/me", "GET /v1/boxes/b1"]);
  });

  test("aborted on its way: rejects at once, and the box that comes of it is removed", async () => {
    let answer: (reply: Reply) => void = () => {};
    const boxlite = await serve(({ method }) =>
      method === "POST" ? new Promise((resolve) => (answer = resolve)) : { status: 204 },
    );
    const controller = new AbortController();
    const create = boxlite.boxes.create({ image: "alpine", signal: controller.signal });
    await server.requested("POST /v1/boxes");
    controller.abort(new Error("enough"));
    await expect(create).rejects.toThrow("enough");
    answer({ status: 201, json: boxAnswer("b1") });
    await server.requested("DELETE /v1/boxes/b1?force=true");
  });
});

describe("get, list, exists", () => {
  test("an id or name is one segment of the path", async () => {
    const boxlite = await serve(() => ({ status: 200, json: boxAnswer("b1") }));
    await boxlite.boxes.get("../x y");
    expect(server.log).toEqual(["GET /v1/boxes/..%2Fx%20y"]);
  });

  test("a list is followed over its pages", async () => {
    const boxlite = await serveLines({
      "GET /v1/boxes": {
        status: 200,
        json: { boxes: [boxAnswer("b1"), boxAnswer("b2")], next_page_token: "a/=" },
      },
      "GET /v1/boxes?pageToken=a%2F%3D": {
        status: 200,
        json: { boxes: [boxAnswer("b3")], next_page_token: null },
      },
    });
    expect((await boxlite.boxes.list().all()).map(({ id }) => id)).toEqual(["b1", "b2", "b3"]);
  });

  test("a list whose pages do not move is given up", async () => {
    const boxlite = await serve(() => ({ status: 200, json: { boxes: [], next_page_token: "same" } }));
    await expect(boxlite.boxes.list().all()).rejects.toBeInstanceOf(InvalidResponseError);
    expect(server.requests).toHaveLength(2);
  });

  test("exists", async () => {
    const boxlite = await serve(({ path }) => {
      if (path === "/v1/boxes/there") return { status: 204 };
      return path === "/v1/boxes/site"
        ? { status: 404, headers: { "content-type": "text/html" } }
        : { status: path === "/v1/boxes/gone" ? 404 : 403 };
    });
    expect(await boxlite.boxes.exists("there")).toBe(true);
    expect(await boxlite.boxes.exists("gone")).toBe(false);
    await expect(boxlite.boxes.exists("secret")).rejects.toMatchObject({ code: "permission_denied" });
    await expect(boxlite.boxes.exists("site")).rejects.toBeInstanceOf(InvalidResponseError);
  });

  test.each([502, 503, 504, "cut"])("a read is repeated after a hiccup (%s)", async (hiccup) => {
    let asked = 0;
    const boxlite = await serve(() => {
      if (++asked > 1) return { status: 200, json: boxAnswer("b1") };
      return typeof hiccup === "number" ? { status: hiccup } : (response) => response.destroy();
    });
    expect((await boxlite.boxes.get("b1")).id).toBe("b1");
    expect(server.requests).toHaveLength(2);
  });

  test("and given up after the third", async () => {
    const boxlite = await serve(() => ({ status: 503, json: { error: "overloaded" } }));
    await expect(boxlite.boxes.get("b1")).rejects.toThrow(/overloaded/);
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    [429, RateLimitError],
    [503, ServerError],
  ])("a %d that says to come back too late is left to the caller", async (status, type) => {
    const boxlite = await serve(() => ({ status, headers: { "retry-after": "21" } }));
    const get = boxlite.boxes.get("b1");
    await expect(get).rejects.toBeInstanceOf(type);
    await expect(get).rejects.toMatchObject({ retryAfter: 21_000, retryable: true, operation: "box.get" });
    expect(server.requests).toHaveLength(1);
  });
});

describe("life of a box", () => {
  test("a stop's time to give is the server's to take, and no other number", async () => {
    const boxlite = await serveLines({
      "GET /v1/boxes/b1": { status: 200, json: boxAnswer("b1") },
      "POST /v1/boxes/b1/stop": { status: 200, json: boxAnswer("b1", { status: "stopped" }) },
    });
    const box = await boxlite.boxes.get("b1");
    await box.stop({ timeout: 90_000 });
    expect(server.requests.at(-1)?.body).toEqual({ timeout_seconds: 90 });
    for (const timeout of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      await expect(box.stop({ timeout })).rejects.toMatchObject({ name: "InvalidRequestError" });
      await expect(boxlite.boxes.stop("b1", { timeout })).rejects.toThrow(/milliseconds from 0/);
    }
  });

  test("start and stop take a 200 and a 201, and update the box", async () => {
    const boxlite = await serveLines({
      "GET /v1/boxes/b1": { status: 200, json: boxAnswer("b1", { status: "configured" }) },
      "POST /v1/boxes/b1/start": { status: 200, json: boxAnswer("b1", { status: "running" }) },
      "POST /v1/boxes/b1/stop": { status: 201, json: boxAnswer("b1", { status: "stopped" }) },
    });
    const box = await boxlite.boxes.get("b1");
    expect(box.status).toBe("configured");
    await box.start();
    expect(box.status).toBe("running");
    await box.stop();
    expect(box.status).toBe("stopped");
    await box.refresh();
    expect(box.status).toBe("configured");
    expect((await boxlite.boxes.start("b1")).status).toBe("running");
    expect((await boxlite.boxes.stop("b1")).status).toBe("stopped");
  });

  test("info_rejects_a_mismatched_remote_box_id", async () => {
    let id = "b1";
    const boxlite = await serve(() => ({ status: 200, json: boxAnswer(id) }));
    const box = await boxlite.boxes.get("b1");
    id = "b2";
    await expect(box.refresh()).rejects.toBeInstanceOf(InvalidResponseError);
    expect(box.info.id).toBe("b1");
  });

  test("remove sends force only if it was given", async () => {
    const boxlite = await serve(() => ({ status: 204 }));
    await boxlite.boxes.remove("b1");
    await boxlite.boxes.remove("b1", { force: true });
    await boxlite.boxes.remove("b1", { force: false });
    expect(server.log).toEqual([
      "DELETE /v1/boxes/b1",
      "DELETE /v1/boxes/b1?force=true",
      "DELETE /v1/boxes/b1?force=false",
    ]);
  });

  test("remove tells a box that is gone or runs; disposing is content with one that is gone", async () => {
    let status = 404;
    const boxlite = await serve(({ method }) =>
      method === "GET" ? { status: 200, json: boxAnswer("b1") } : { status },
    );
    const box = await boxlite.boxes.get("b1");
    await expect(box.remove()).rejects.toBeInstanceOf(NotFoundError);
    await box[Symbol.asyncDispose]();
    status = 409;
    await expect(box.remove()).rejects.toBeInstanceOf(ConflictError);
    await expect(box[Symbol.asyncDispose]()).rejects.toBeInstanceOf(ConflictError);
  });

  test("disposing removes by force, and again after a hiccup", async () => {
    let removed = 0;
    const boxlite = await serve(({ method }) => {
      if (method === "POST") return { status: 201, json: boxAnswer("b1") };
      return ++removed === 1 ? (response) => response.destroy() : { status: 404 };
    });
    {
      await using box = await boxlite.boxes.create({ image: "alpine" });
      expect(box.id).toBe("b1");
    }
    expect(server.log.slice(1)).toEqual(Array(2).fill("DELETE /v1/boxes/b1?force=true"));
  });

  test("an abort ends the request and rejects with the signal's reason", async () => {
    const boxlite = await serve(() => () => {});
    const reason = new Error("enough");
    const calls: [string, (signal: AbortSignal) => Promise<unknown>][] = [
      ["GET /v1/boxes/b1", (signal) => boxlite.boxes.get("b1", { signal })],
      ["GET /v1/boxes", (signal) => boxlite.boxes.list({ signal }).all()],
      ["HEAD /v1/boxes/b1", (signal) => boxlite.boxes.exists("b1", { signal })],
      ["POST /v1/boxes/b1/start", (signal) => boxlite.boxes.start("b1", { signal })],
      ["DELETE /v1/boxes/b1", (signal) => boxlite.boxes.remove("b1", { signal })],
    ];
    for (const [line, call] of calls) {
      const controller = new AbortController();
      const promise = call(controller.signal);
      const request = await server.requested(line);
      controller.abort(reason);
      await expect(promise).rejects.toBe(reason);
      await request.closed;
    }
    expect(server.requests).toHaveLength(calls.length);
  });
});

test("a platform's fetch that wants to be called as a function is", async () => {
  await serve(() => ({ status: 200, json: boxAnswer("b1") }));
  const asked: string[] = [];
  function strictFetch(this: unknown, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    if (this !== undefined) throw new TypeError("Illegal invocation");
    asked.push(new Request(input, init).url);
    return fetch(input, init);
  }
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null, fetch: strictFetch });
  await boxlite.boxes.get("b1");
  expect(asked).toEqual([`${server.url}/v1/boxes/b1`]);
});

test.each(["", "  "])("an empty image (%j) is refused before anything is sent", async (image) => {
  const boxlite = await serve(() => ({ status: 201, json: boxAnswer("b1") }));
  await expect(boxlite.boxes.create({ image })).rejects.toBeInstanceOf(InvalidRequestError);
  expect(server.requests).toHaveLength(0);
});
