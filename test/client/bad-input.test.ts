import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type Box,
  BoxLite,
  BoxLiteError,
  InvalidRequestError,
  InvalidResponseError,
  NetworkError,
  NotFoundError,
  TimeoutError,
} from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { boxAnswer, type Reply, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** Nothing in this file may reject without somebody to hear it. */
const unhandled: unknown[] = [];
const count = (error: unknown) => unhandled.push(error);
beforeAll(() => {
  process.on("unhandledRejection", count);
});
afterAll(async () => {
  // Rejections are counted when the microtasks are through.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", count);
  expect(unhandled).toEqual([]);
});

describe("a server that is none", () => {
  let server: ScriptedServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function connect(reply: Reply): Promise<BoxLite> {
    server = await startScriptedServer(() => reply);
    return new BoxLite({ baseUrl: server.url, token: "s3cret" });
  }

  test("is down: a NetworkError that says so, for each kind of call", async () => {
    const stopped = await startScriptedServer(() => ({ status: 200 }));
    await stopped.close();
    for (const prefix of [null, undefined]) {
      const boxlite = new BoxLite({ baseUrl: stopped.url, prefix });
      for (const start of [() => boxlite.boxes.get("b1"), () => boxlite.boxes.create({ image: "alpine" })]) {
        const call = start();
        await expect(call).rejects.toBeInstanceOf(NetworkError);
        await expect(call).rejects.toMatchObject({ code: "network", status: undefined });
        await expect(call).rejects.toThrow(
          /^(Get box b1|Create box|Ask who the token belongs to) \((GET|POST) http:\/\/127\.0\.0\.1:\d+\/v1\//,
        );
        await expect(call).rejects.toThrow(/ECONNREFUSED.*Check that it runs/);
      }
    }
  });

  test("has no address", async () => {
    const boxlite = new BoxLite({ baseUrl: "http://nowhere.invalid" });
    await expect(boxlite.boxes.create({ image: "alpine" })).rejects.toBeInstanceOf(NetworkError);
  });

  const impostors: [string, Reply, RegExp][] = [
    [
      "answers with a web page",
      { status: 200, text: "<!doctype html><p>Hello" },
      /not JSON.*<!doctype html>/,
    ],
    [
      "says 404 with a web page",
      { status: 404, text: "<html>", headers: { "content-type": "text/html" } },
      /web page.*baseUrl/,
    ],
    ["answers nothing", { status: 200 }, /empty/],
    ["answers 204", { status: 204 }, /empty/],
    ["answers JSON of another kind", { status: 200, json: [1, 2] }, /does not fit/],
    ["answers null", { status: 200, json: null }, /does not fit/],
    [
      "redirects",
      { status: 307, headers: { location: "https://login.example/?next=s3cret" } },
      /redirect \(307\) to https:\/\/login\.example\//,
    ],
    ["answers without end", { status: 200, text: " ".repeat(17 * 1024 * 1024) }, /16 MiB/],
  ];
  test.each(impostors)("%s: an InvalidResponseError that says what came", async (_name, reply, said) => {
    const boxlite = await connect(reply);
    const get = boxlite.boxes.get("b1");
    await expect(get).rejects.toBeInstanceOf(InvalidResponseError);
    await expect(get).rejects.toThrow(said);
    await expect(get).rejects.not.toThrow(/s3cret/);
  });

  test("closes at once", async () => {
    const boxlite = await connect((response) => response.destroy());
    await expect(boxlite.boxes.create({ image: "alpine" })).rejects.toBeInstanceOf(NetworkError);
  });

  test("closes in the middle of its answer", async () => {
    server = await startScriptedServer(() => (response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"box_id":', () => response.destroy());
    });
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
    await expect(boxlite.boxes.get("b1")).rejects.toBeInstanceOf(NetworkError);
  });

  test("fails with a body without end: the part that was read is enough", async () => {
    const boxlite = await connect((response) => {
      response.writeHead(500, { "content-type": "text/plain" });
      response.on("error", () => {});
      response.write("overloaded ".repeat(200_000));
    });
    await expect(boxlite.boxes.create({ image: "alpine" })).rejects.toThrow(/500 internal: "overloaded/);
  });

  const misfits: [string, unknown, RegExp][] = [
    ["no id", { ...boxAnswer("b1"), box_id: undefined }, /box_id/],
    ["an empty id", boxAnswer(""), /box_id/],
    ["a number for a status", { ...boxAnswer("b1"), status: 3 }, /status/],
    ["labels that are no text", { ...boxAnswer("b1"), labels: { a: 1 } }, /labels\.a/],
  ];
  test.each(misfits)("%s: the field is named", async (_name, json, field) => {
    server = await startScriptedServer(() => ({ status: 200, json }));
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
    await expect(boxlite.boxes.get("b1")).rejects.toThrow(field);
  });

  test("null wherever something may be missing is no misfit", async () => {
    const json = {
      ...boxAnswer("b1"),
      name: null,
      labels: null,
      auto_stop: null,
      pid: null,
      exit_code: null,
    };
    server = await startScriptedServer(() => ({ status: 200, json }));
    const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
    const { info } = await boxlite.boxes.get("b1");
    expect(Object.keys(info).sort()).toEqual(
      ["cpus", "createdAt", "id", "image", "memoryMib", "status", "updatedAt"].sort(),
    );
  });

  test("starts an execution without saying which", async () => {
    server = await startScriptedServer(({ method }) =>
      method === "GET" ? { status: 200, json: boxAnswer("b1") } : { status: 201, json: { execution_id: "" } },
    );
    const box = await new BoxLite({ baseUrl: server.url, prefix: null }).boxes.get("b1");
    await expect(box.exec("true")).rejects.toThrow(/execution_id/);
  });

  test("says that its own time is up", async () => {
    const boxlite = await connect({ status: 504 });
    await expect(boxlite.boxes.create({ image: "alpine" })).rejects.toBeInstanceOf(TimeoutError);
  });
});

describe.each(["serve", "runner"] as const)("a mistake of the caller, on %s", (dialect) => {
  let local: LocalServer;
  let box: Box;
  let boxlite: BoxLite;
  beforeAll(async () => {
    local = await startLocalServer({ dialect });
    boxlite = new BoxLite({ baseUrl: local.url, token: local.token });
    box = await boxlite.boxes.create({ image: "alpine:latest", name: "the-box" });
  });
  afterAll(() => local.close());

  test("an unknown box", async () => {
    await expect(boxlite.boxes.get("unknown")).rejects.toBeInstanceOf(NotFoundError);
    await expect(boxlite.boxes.remove("unknown")).rejects.toBeInstanceOf(NotFoundError);
    await expect(boxlite.boxes.stop("unknown")).rejects.toBeInstanceOf(NotFoundError);
    expect(await boxlite.boxes.exists("unknown")).toBe(false);
  });

  test("a name like a path", async () => {
    await expect(boxlite.boxes.get("../boxes/the-box")).rejects.toBeInstanceOf(NotFoundError);
    for (const id of ["", ".", ".."]) {
      await expect(boxlite.boxes.get(id)).rejects.toBeInstanceOf(InvalidRequestError);
      await expect(boxlite.boxes.remove(id)).rejects.toBeInstanceOf(InvalidRequestError);
      await expect(box.attach(id)).rejects.toBeInstanceOf(InvalidRequestError);
    }
    expect(await boxlite.boxes.exists("the-box")).toBe(true);
  });

  test("a name that is taken", async () => {
    const again = boxlite.boxes.create({ image: "alpine:latest", name: "the-box" });
    await expect(again).rejects.toMatchObject({ name: "ConflictError", status: 409 });
  });

  test("a command that is not there", async () => {
    await expect(box.exec("no-such-command")).rejects.toBeInstanceOf(BoxLiteError);
    await expect(box.exec("no-such-command")).rejects.toThrow(/Run no-such-command in box/);
  });

  test("an execution that is not there: the handle fails, and so does what is asked of it", async () => {
    const execution = await box.attach("unknown");
    const { exit, stdout } = execution;
    await expect(exit).rejects.toMatchObject({ name: "NotFoundError", code: "execution_gone" });
    await expect(stdout.getReader().read()).rejects.toBeInstanceOf(NotFoundError);
    await expect(execution.status()).rejects.toBeInstanceOf(NotFoundError);
    await expect(execution.kill()).rejects.toBeInstanceOf(NotFoundError);
    await expect(execution.signal("SIGINT")).rejects.toBeInstanceOf(NotFoundError);
  });

  test("a wrong token", async () => {
    const stranger = new BoxLite({ baseUrl: local.url, token: "wr0ng-token" });
    for (const start of [
      () => stranger.boxes.list().all(),
      () => stranger.boxes.create({ image: "alpine" }),
    ]) {
      const call = start();
      await expect(call).rejects.toMatchObject({ name: "AuthenticationError", status: 401 });
      await expect(call).rejects.toThrow(/Check the token/);
      await expect(call).rejects.not.toThrow(/wr0ng/);
    }
  });

  test("what can be seen to be wrong is refused before anything is sent", async () => {
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    const calls = [
      () => boxlite.boxes.create({ image: "" }),
      () => boxlite.run({ image: "", command: "true" }),
      () => box.exec(""),
      () => box.exec("true", [], { timeout: 0 }),
      () => box.exec("true", [], { timeout: Number.NaN }),
      () => box.exec("true", [], { timeout: Number.POSITIVE_INFINITY }),
      () => box.exec("true", [], { tty: { cols: 0, rows: 24 } }),
      () => box.exec("true", [], { tty: { cols: 80.5, rows: 24 } }),
      () => box.exec("true", [], { stdin: locked }),
      () => box.attach("e1", { size: { cols: 80, rows: 65_536 } }),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ name: "InvalidRequestError", status: undefined });
    }
  });
});
