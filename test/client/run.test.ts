import { afterEach, describe, expect, test } from "vitest";
import { BoxLite, type RunOptions, ServerError } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { boxAnswer, type Reply, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

test("what cannot be run makes no box", async () => {
  const server = await startScriptedServer(() => ({ status: 201, json: boxAnswer("b1") }));
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
  const locked = new ReadableStream<Uint8Array>();
  locked.getReader();
  const options: Partial<RunOptions>[] = [
    { command: "" },
    { timeout: -1 },
    { stdin: locked },
    { stdin: 5 as never },
  ];
  for (const wrong of options) {
    const ran = boxlite.run({ image: "alpine:latest", command: "cat", ...wrong });
    await expect(ran).rejects.toMatchObject({ name: "InvalidRequestError", operation: "execution.start" });
  }
  expect(server.requests).toEqual([]);
  await server.close();
});

describe.each(["serve", "runner"] as const)("run on %s", (dialect) => {
  let local: LocalServer;
  afterEach(() => local.close());

  async function connect(): Promise<BoxLite> {
    local = await startLocalServer({ dialect });
    return new BoxLite({ baseUrl: local.url, token: local.token });
  }

  test("gives output and exit, and removes the box", async () => {
    const boxlite = await connect();
    const result = await boxlite.run({
      image: "alpine:latest",
      command: "sh",
      args: ["-c", 'printf "$A"; cat; printf err >&2; exit 3'],
      env: { A: "é" },
      stdin: " in",
    });
    expect(result).toMatchObject({
      stdout: "é in",
      stderr: "err",
      outcome: "exited",
      exitCode: 3,
      complete: true,
    });
    expect(await boxlite.boxes.list().all()).toEqual([]);
  });

  test("a command that reads its stdin ends without one", async () => {
    const boxlite = await connect();
    expect(await boxlite.run({ image: "alpine:latest", command: "cat" })).toMatchObject({
      stdout: "",
      exitCode: 0,
    });
  });

  test("removes the box when the command cannot be started", async () => {
    const boxlite = await connect();
    await expect(boxlite.run({ image: "alpine:latest", command: "no-such-command" })).rejects.toThrow(
      /no-such-command/,
    );
    expect(await boxlite.boxes.list().all()).toEqual([]);
  });

  test("removes the box when it is aborted", async () => {
    const boxlite = await connect();
    const controller = new AbortController();
    const reason = new Error("enough");
    // It is read when the command runs.
    const stdin = new ReadableStream<Uint8Array>(
      {
        pull() {
          controller.abort(reason);
        },
      },
      { highWaterMark: 0 },
    );
    const { signal } = controller;
    await expect(boxlite.run({ image: "alpine:latest", command: "cat", stdin, signal })).rejects.toBe(reason);
    expect(await boxlite.boxes.list().all()).toEqual([]);
  });
});

describe("cleaning up", () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  async function connect(exec: Reply, remove: Reply): Promise<BoxLite> {
    server = await startScriptedServer(({ method, path }) => {
      if (method === "DELETE") return remove;
      return path === "/v1/boxes" ? { status: 201, json: boxAnswer("b1") } : exec;
    });
    return new BoxLite({ baseUrl: server.url, prefix: null });
  }

  test("a failure to remove does not hide why the command failed", async () => {
    const boxlite = await connect({ status: 422, json: { error: "no such command" } }, { status: 500 });
    await expect(boxlite.run({ image: "alpine", command: "x" })).rejects.toThrow(/no such command/);
    expect(server.log).toEqual([
      "POST /v1/boxes",
      "POST /v1/boxes/b1/exec",
      "DELETE /v1/boxes/b1?force=true",
    ]);
  });

  test("a box that could not be removed is told of", async () => {
    const local = await startLocalServer({ dialect: "serve" });
    try {
      let refused = 0;
      const boxlite = new BoxLite({
        baseUrl: local.url,
        token: local.token,
        prefix: null,
        fetch: (input, init) => {
          const request = new Request(input, init);
          if (request.method !== "DELETE") return fetch(request);
          refused += 1;
          return Promise.resolve(new Response('{"error":"busy"}', { status: 500 }));
        },
      });
      server = await startScriptedServer(() => ({ status: 500 }));
      const run = boxlite.run({ image: "alpine", command: "true" });
      await expect(run).rejects.toBeInstanceOf(ServerError);
      await expect(run).rejects.toThrow(/Remove box/);
      expect(refused).toBe(1);
    } finally {
      await local.close();
    }
  });

  test("an exec that is aborted on its way is killed when it turns out to run", async () => {
    let answer: (reply: Reply) => void = () => {};
    server = await startScriptedServer(({ method, path }) => {
      if (method === "DELETE") return { status: 204 };
      if (path === "/v1/boxes/b1") return { status: 200, json: boxAnswer("b1") };
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const box = await new BoxLite({ baseUrl: server.url, prefix: null }).boxes.get("b1");
    const controller = new AbortController();
    const exec = box.exec("sleep", ["60"], { signal: controller.signal });
    await server.requested("POST /v1/boxes/b1/exec");
    controller.abort(new Error("enough"));
    await expect(exec).rejects.toThrow("enough");
    answer({ status: 201, json: { execution_id: "e1" } });
    await server.requested("DELETE /v1/boxes/b1/executions/e1");
  });
});
