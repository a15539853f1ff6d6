import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";

describe.each(["serve", "runner"] as const)("boxes (%s)", (dialect) => {
  const serve = dialect === "serve";

  test("are created, found by id and by name, listed and deleted", async () => {
    const { send } = await startTestServer({ dialect });
    const created = await send("POST", "/v1/boxes", { body: { name: "web", image: "alpine", cpus: 2 } });
    expect(created.status).toBe(201);
    const box = created.json;
    expect(box).toMatchObject({
      name: "web",
      status: serve ? "configured" : "running",
      image: "alpine",
      cpus: 2,
      memory_mib: serve ? 512 : 1024,
      labels: {},
    });
    expect(box.box_id).toMatch(serve ? /^[0-9A-HJKMNP-TV-Z]{26}$/ : /^[0-9a-f-]{36}$/);
    for (const segment of [box.box_id, "web"]) {
      expect((await send("GET", `/v1/boxes/${segment}`)).json).toEqual(box);
      expect(await send("HEAD", `/v1/boxes/${segment}`)).toMatchObject({ status: 204, text: "" });
    }
    expect((await send("GET", "/v1/boxes")).json).toEqual({ boxes: [box] });

    expect(await send("DELETE", "/v1/boxes/web")).toMatchObject({ status: 204, text: "" });
    expect((await send("GET", `/v1/boxes/${box.box_id}`)).status).toBe(404);
    expect(await send("HEAD", "/v1/boxes/web")).toMatchObject({ status: 404, text: "" });
    expect((await send("DELETE", "/v1/boxes/web")).status).toBe(404);
    expect((await send("GET", "/v1/boxes")).json).toEqual({ boxes: [] });
  });

  test("have names of their own, which are free again after a DELETE", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    await createBox({ name: "web" });
    const twin = await send("POST", "/v1/boxes", { body: { name: "web" } });
    expect(twin.status).toBe(409);
    expect(serve ? twin.json.error : twin.json).toMatchObject({ code: "already_exists" });
    await send("DELETE", "/v1/boxes/web");
    await createBox({ name: "web" });
  });

  test("are created once when two ask for one name at once", async () => {
    const { send } = await startTestServer({ dialect });
    const replies = await Promise.all(
      [1, 2, 3].map(() => send("POST", "/v1/boxes", { body: { name: "x" } })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test("start and stop", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    const box = await createBox();
    const ok = serve ? 200 : 201;
    expect(await send("POST", `/v1/boxes/${box}/start`)).toMatchObject({
      status: ok,
      json: { status: "running" },
    });
    expect(await send("POST", `/v1/boxes/${box}/stop`)).toMatchObject({
      status: ok,
      json: { status: "stopped" },
    });
  });

  test("start and stop once, however often they are told", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    const box = await createBox();
    for (const verb of ["start", "stop"]) {
      const first = await send("POST", `/v1/boxes/${box}/${verb}`);
      expect(await send("POST", `/v1/boxes/${box}/${verb}`)).toMatchObject({
        status: first.status,
        text: first.text,
      });
    }
  });

  test("are removed while they run, but by serve not with force=false", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    for (const query of ["", "?force=true", ...(serve ? [] : ["?force=false"])]) {
      const box = await createBox();
      await send("POST", `/v1/boxes/${box}/start`);
      expect((await send("DELETE", `/v1/boxes/${box}${query}`)).status, query).toBe(204);
    }
    if (!serve) return;
    const box = await createBox();
    await send("POST", `/v1/boxes/${box}/start`);
    expect(await send("DELETE", `/v1/boxes/${box}?force=false`)).toMatchObject({
      status: 409,
      json: {
        error: {
          message: "box is running: stop it or use force=true",
          type: "InvalidStateError",
          code: "invalid_state",
        },
      },
    });
    expect((await send("GET", `/v1/boxes/${box}`)).json.status).toBe("running");
    expect((await send("DELETE", `/v1/boxes/${box}?force=1`)).status).toBe(400);
    await send("POST", `/v1/boxes/${box}/stop`);
    expect((await send("DELETE", `/v1/boxes/${box}?force=false`)).status).toBe(204);
  });

  test.each([
    [256, 1024],
    [1024, 1024],
    [1025, 2048],
  ])("have the memory that they ask for, on the cloud in whole GiB: %i MiB", async (asked, given) => {
    const { send } = await startTestServer({ dialect });
    const { json } = await send("POST", "/v1/boxes", { body: { memory_mib: asked } });
    expect(json.memory_mib).toBe(serve ? asked : given);
  });

  test("wake for an exec, unless they are stopped and auto_resume is off", async () => {
    const { send, createBox, run } = await startTestServer({ dialect });
    const sleepy = await createBox();
    await send("POST", `/v1/boxes/${sleepy}/stop`);
    expect((await run(sleepy, { command: "true" })).exitCode()).toBe(0);
    expect((await send("GET", `/v1/boxes/${sleepy}`)).json.status).toBe("running");

    const off = await createBox({ auto_resume: false });
    expect((await run(off, { command: "true" })).exitCode()).toBe(0);
    await send("POST", `/v1/boxes/${off}/stop`);
    const message = `box ${off} is stopped and auto_resume is off`;
    expect(await send("POST", `/v1/boxes/${off}/exec`, { body: { command: "true" } })).toMatchObject({
      status: 409,
      json: serve
        ? { error: { message, type: "InvalidStateError", code: "invalid_state" } }
        : { error: message },
    });
    expect((await send("GET", `/v1/boxes/${off}`)).json.status).toBe("stopped");
    await send("POST", `/v1/boxes/${off}/start`);
    expect((await run(off, { command: "true" })).exitCode()).toBe(0);
  });

  test("wake on the cloud when an execution is looked at, unless auto_resume is off", async () => {
    const { send, createBox, exec, status } = await startTestServer({ dialect });
    for (const auto_resume of [true, false]) {
      const box = await createBox({ auto_resume });
      const execution = await exec(box, { command: "true" });
      await send("POST", `/v1/boxes/${box}/stop`);
      expect(await status(box, execution)).toMatchObject({ status: 200, json: { status: "completed" } });
      const woken = !serve && auto_resume;
      expect((await send("GET", `/v1/boxes/${box}`)).json.status).toBe(woken ? "running" : "stopped");
    }
  });

  test("stopping ends what runs, and keeps its result", async () => {
    const { send, createBox, exec, attach, status } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, { command: "cat" });
    const attachment = await attach(box, execution);
    await send("POST", `/v1/boxes/${box}/stop`);
    await attachment.closed;
    expect(attachment.exitCode()).toBe(-9);
    expect((await status(box, execution)).json).toMatchObject({ status: "completed", exit_code: -9 });
  });

  test("have a directory that lasts from one command to the next, and is theirs alone", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const [one, other] = [await createBox(), await createBox()];
    await run(one, { command: "sh", args: ["-c", "mkdir sub; echo kept > sub/file"] });
    const read = { command: "cat", args: ["file"], working_dir: "sub" };
    expect((await run(one, read)).stdout().toString()).toBe("kept\n");
    expect((await run(other, { command: "ls" })).stdout().toString()).toBe("");
  });

  test("need an image that is not empty", async () => {
    const { send } = await startTestServer({ dialect });
    const reply = await send("POST", "/v1/boxes", { body: { image: "" } });
    expect(reply.status).toBe(400);
    expect(serve ? reply.json.error : reply.json).toMatchObject({ code: "invalid_argument" });
  });

  test("404 in the dialect's words", async () => {
    const { send } = await startTestServer({ dialect });
    const { json } = await send("GET", "/v1/boxes/nope");
    expect(json).toMatchObject(
      serve
        ? { error: { message: "box not found: nope", type: "NotFoundError", code: "not_found" } }
        : { statusCode: 404, error: "Not Found", message: "box not found: nope", path: "/v1/boxes/nope" },
    );
  });
});

describe("requests that serve's extractors refuse, in plain text", () => {
  test.each([
    ["an unknown field", 422, { body: { image: "a", color: "red" } }],
    ["a field of another type", 422, { body: { cpus: "2" } }],
    ["no object", 422, { body: [] }],
    ["broken JSON", 400, { body: "{", headers: { "Content-Type": "application/json" } }],
    ["no JSON content type", 415, { body: "{}", headers: { "Content-Type": "text/plain" } }],
    ["no content type", 415, { body: "{}" }],
    ["too large a body", 413, { body: { name: "x".repeat(2 * 1024 * 1024) } }],
  ])("%s", async (_name, status, options) => {
    const { send } = await startTestServer({ dialect: "serve" });
    const reply = await send("POST", "/v1/boxes", options);
    expect(reply.status).toBe(status);
    expect(reply.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(reply.text).not.toBe("");
  });
});

describe("requests that the cloud's API refuses", () => {
  test.each([
    ["too few cpus", { cpus: 0 }],
    ["too little memory", { memory_mib: 128 }],
    ["a field of another type", { env: { A: 1 } }],
  ])("%s", async (_name, body) => {
    const { send } = await startTestServer({ dialect: "runner" });
    const reply = await send("POST", "/v1/boxes", { body });
    expect(reply).toMatchObject({ status: 400, json: { statusCode: 400, code: "invalid_argument" } });
  });

  test("but not a field that it does not know", async () => {
    const { createBox } = await startTestServer({ dialect: "runner" });
    await createBox({ color: "red" });
  });
});

describe("discovery", () => {
  test("serve has no prefix, and no path_prefix field", async () => {
    const { send, createBox } = await startTestServer({ dialect: "serve" });
    const { json } = await send("GET", "/v1/me");
    expect(json).toEqual({
      sub: "local-anonymous",
      principal_type: "service_account",
      scopes: [],
      prefix: null,
    });
    const { capabilities } = (await send("GET", "/v1/config", { headers: { Authorization: "" } })).json;
    expect(new Set(Object.values({ ...Object(capabilities) }))).toEqual(new Set([true]));
    await createBox();
    expect(await send("GET", "/v1/some/boxes")).toMatchObject({ status: 404, text: "" });
  });

  test("the runner is mounted with and without its organization's prefix", async () => {
    const { send, createBox, exec, tryAttach } = await startTestServer({ dialect: "runner" });
    const me = (await send("GET", "/v1/me")).json;
    expect(me).toEqual({
      sub: "local-key",
      principal_type: "service_account",
      path_prefix: expect.any(String),
      scopes: ["boxes:read", "boxes:write"],
      expires_at: null,
    });
    const prefix = me.path_prefix;
    expect(prefix).toMatch(/^[0-9a-f-]{36}$/);
    const { capabilities } = (await send("GET", "/v1/config")).json;
    expect(new Set(Object.values({ ...Object(capabilities) }))).toEqual(new Set([false]));
    const box = await createBox();
    const { boxes } = (await send("GET", "/v1/boxes")).json;
    expect((await send("GET", `/v1/${prefix}/boxes`)).json).toEqual({ boxes });
    expect((await send("GET", "/v1/default/boxes")).json).toEqual({ boxes });
    expect((await send("GET", "/v1/another-org/boxes")).status).toBe(403);
    // On the socket's path an API key ignores the prefix.
    const execution = await exec(box, { command: "cat" });
    const path = `/v1/another-org/boxes/${box}/executions/${execution}/attach`;
    expect(await tryAttach(path)).toHaveProperty("closed");
  });
});

test("the runner tells when the token ends, and takes it after that", async () => {
  const tokenExpiresAt = new Date("2001-02-03T04:05:06.789Z");
  const runner = await startTestServer({ dialect: "runner", tokenExpiresAt });
  expect(await runner.send("GET", "/v1/me")).toMatchObject({
    status: 200,
    json: { expires_at: "2001-02-03T04:05:06.789Z" },
  });
  const serve = await startTestServer({ dialect: "serve", tokenExpiresAt });
  expect((await serve.send("GET", "/v1/me")).json).not.toHaveProperty("expires_at");
});

describe.each(["serve", "runner"] as const)("paths (%s)", (dialect) => {
  test.each([
    "/",
    "/v1",
    "/v2/boxes",
    "/v1/boxes/",
    "/v1/boxes//exec",
    "/v1/boxes/a/b",
    "/v1/boxes/a/executions",
    "/v1/boxes/a/executions/e/x",
    "/v1/boxes/a/executions/e/signal/x",
    "/v1/boxes/%zz",
    "/v1/me/x",
  ])("%s is unknown", async (path) => {
    const { send } = await startTestServer({ dialect });
    expect((await send("GET", path)).status).toBe(404);
  });

  test("know their methods", async () => {
    const { send } = await startTestServer({ dialect });
    expect((await send("PATCH", "/v1/boxes")).status).toBe(dialect === "serve" ? 405 : 404);
    expect((await send("GET", "/v1/boxes/a/exec")).status).toBe(dialect === "serve" ? 405 : 404);
  });

  test("carry serve's request id, the client's or a new one", async () => {
    const { send } = await startTestServer({ dialect });
    const given = await send("GET", "/v1/nope", { headers: { "X-Request-Id": "abc" } });
    const minted = await send("GET", "/v1/me");
    if (dialect === "serve") {
      expect(given.headers["x-request-id"]).toBe("abc");
      expect(minted.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    } else {
      expect(minted.headers).not.toHaveProperty("x-request-id");
    }
  });

  test("take encoded names", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    await createBox({ name: "a b/ü" });
    expect((await send("GET", `/v1/boxes/${encodeURIComponent("a b/ü")}`)).json.name).toBe("a b/ü");
  });
});
