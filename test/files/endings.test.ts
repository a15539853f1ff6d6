import { afterEach, describe, expect, test, vi } from "vitest";
import { createFiles } from "../../src/files/box-files.ts";
import { type Box, BoxLite } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { createHttp, type HttpOptions } from "../../src/rest/http.ts";
import {
  boxAnswer,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from "../client/scripted-server.ts";
import { tar } from "../local/tree.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const each of open.splice(0)) await each.close();
});

async function localBox(): Promise<Box> {
  const server = await startLocalServer();
  open.push(server);
  return new BoxLite({ baseUrl: server.url, token: server.token }).boxes.create();
}

async function scripted(handle: (count: number) => Reply): Promise<[Box, ScriptedServer]> {
  let count = 0;
  const server = await startScriptedServer(({ path }) =>
    path.includes("/files") ? handle(++count) : { status: 200, json: boxAnswer("b1") },
  );
  open.push(server);
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
  return [await boxlite.boxes.get("b1"), server];
}

/** A stream without an end, and whether it was let go. */
function endless() {
  let cancelled: (reason: unknown) => void = () => {};
  const let_go = new Promise<unknown>((resolve) => {
    cancelled = resolve;
  });
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Lets everything else have its turn: a source that is always ready would keep it all to itself.
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(new Uint8Array(65_536));
    },
    cancel: (reason) => cancelled(reason),
  });
  return { stream, let_go };
}

describe("an abort", () => {
  test("before: nothing is sent", async () => {
    const [box, server] = await scripted(() => ({ status: 204 }));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(box.files.writeFile("/a", "x", { signal })).rejects.toThrow("enough");
    await expect(box.files.readFile("/a", { signal })).rejects.toThrow("enough");
    expect(server.requests).toHaveLength(1);
  });

  test("of an upload ends it with the signal's reason, and lets its source go", async () => {
    const box = await localBox();
    const controller = new AbortController();
    const { stream, let_go } = endless();
    const upload = box.files.writeFile("big", stream, {
      size: 1e12,
      signal: controller.signal,
      onProgress({ bytes }) {
        if (bytes > 1e6) controller.abort(new Error("enough"));
      },
    });
    await expect(upload).rejects.toThrow("enough");
    await let_go;
  });

  test("of a download ends it with the signal's reason, in each way to use it", async () => {
    const box = await localBox();
    await box.files.upload("many", [
      { path: "1", data: "x" },
      { path: "2", data: new Uint8Array(3_000_000) },
    ]);
    const uses: ((signal: AbortSignal, abort: () => void) => Promise<unknown>)[] = [
      async (signal, abort) => {
        for await (const { path, body } of await box.files.download("many", { signal })) {
          if (path === "1") continue;
          const reader = body.getReader();
          while (!(await reader.read()).done) abort();
        }
      },
      async (signal, abort) => {
        const reader = (await box.files.download("many", { signal })).archive.getReader();
        while (!(await reader.read()).done) abort();
      },
      (signal, abort) => box.files.readFile("many/2", { signal, onProgress: abort }),
    ];
    for (const use of uses) {
      const controller = new AbortController();
      const used = use(controller.signal, () => controller.abort(new Error("enough")));
      await expect(used).rejects.toThrow("enough");
    }
  });
});

describe("an upload", () => {
  test("of a Blob is sent again after a 503, a cut, or a 401 that a new token mends", async () => {
    const replies: Reply[] = [
      { status: 503, headers: { "retry-after": "0" } },
      (response) => response.destroy(),
      { status: 204 },
    ];
    const [box, server] = await scripted((count) => replies[count - 1] ?? { status: 500 });
    const archive = new Blob([new Uint8Array(await tar({ name: "f", body: "content" }))]);
    await box.files.upload("/x", archive);
    const bodies = server.requests.slice(1).map(({ body }) => body as Buffer);
    expect(bodies.map((body) => body.length)).toEqual([archive.size, archive.size, archive.size]);
  });

  test("of a stream is not: it cannot be read again", async () => {
    const [box, server] = await scripted(() => ({ status: 503, headers: { "retry-after": "0" } }));
    const upload = box.files.writeFile("/x", "text");
    await expect(upload).rejects.toMatchObject({ name: "ServerError", operation: "files.write" });
    expect(server.requests).toHaveLength(2);
  });

  const never = new Promise<never>(() => {});
  const dead = "http://127.0.0.1:9";

  test.each([
    ["a box that no URL can name", { prefix: null }, "..", /cannot be an id/],
    ["a server that does not say its prefix", {}, "b1", /Ask who the token belongs to/],
    [
      "a token function that fails",
      { prefix: null, token: () => Promise.reject(new Error()) },
      "b1",
      /token function/,
    ],
    ["no server", { prefix: null }, "b1", /no answer from the server/],
  ])("lets its source go where there is nobody to send it to: %s", async (_, options, id, message) => {
    const { stream, let_go } = endless();
    const files = createFiles(createHttp({ baseUrl: dead, retry: { limit: 0 }, ...options }), id);
    await expect(files.upload("/a", stream)).rejects.toThrow(message);
    await let_go;
  });

  test("whose progress is answered with an error ends with it, and is not repeated", async () => {
    const [box, server] = await scripted(() => ({ status: 204 }));
    let calls = 0;
    const onProgress = () => {
      calls += 1;
      throw new Error("quota");
    };
    await expect(box.files.upload("/a", new Blob(["x"]), { onProgress })).rejects.toThrow("quota");
    vi.stubGlobal("location", new URL("http://127.0.0.1:9/page"));
    await expect(box.files.upload("/a", new Blob(["x"]), { onProgress })).rejects.toThrow("quota");
    expect(calls).toBe(2);
    expect(server.log.filter((line) => line.startsWith("PUT"))).toEqual([]);
  });

  test("is let go where it is refused before it begins", async () => {
    const [box] = await scripted(() => ({ status: 204 }));
    const refusals: ((stream: ReadableStream<Uint8Array>) => Promise<unknown>)[] = [
      (stream) => box.files.writeFile("/a/", stream, { size: 1 }),
      (stream) => box.files.writeFile("/a", stream),
      (stream) => box.exec("", [], { stdin: stream }),
      (stream) => box.exec("cat", [], { stdin: stream, signal: AbortSignal.abort() }),
    ];
    for (const refused of refusals) {
      const { stream, let_go } = endless();
      await expect(refused(stream)).rejects.toThrow();
      await let_go;
    }
  });

  test("and a download hear an abort while a token, or leave to repeat, is waited for", async () => {
    const [, server] = await scripted(() => ({ status: 503, headers: { "retry-after": "0" } }));
    const waits: ((asked: () => void) => Partial<HttpOptions>)[] = [
      (asked) => ({
        token: () => {
          asked();
          return never;
        },
      }),
      (asked) => ({
        retry: {
          onRetry: () => {
            asked();
            return never;
          },
        },
      }),
    ];
    for (const wait of waits) {
      for (const use of ["up", "down"]) {
        const controller = new AbortController();
        const { signal } = controller;
        const http = createHttp({
          baseUrl: server.url,
          prefix: null,
          ...wait(() => controller.abort(new Error("enough"))),
        });
        const files = createFiles(http, "b1");
        const used =
          use === "up" ? files.upload("/a", new Blob([]), { signal }) : files.download("/a", { signal });
        await expect(used).rejects.toThrow("enough");
      }
    }
  });

  test("that is answered with a redirect says so, and is not repeated", async () => {
    const [box, server] = await scripted(() => ({
      status: 307,
      headers: { location: "http://evil.example/x" },
    }));
    const upload = box.files.writeFile("/a", "x");
    await expect(upload).rejects.toMatchObject({ name: "InvalidResponseError", retryable: false });
    await expect(upload).rejects.toThrow(/redirect, which is not followed/);
    expect(server.log.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  });

  test("of a page goes as a Blob, which is sent again; its packing hears an abort", async () => {
    vi.stubGlobal("location", new URL("http://127.0.0.1:9/page"));
    const replies: Reply[] = [{ status: 503, headers: { "retry-after": "0" } }, { status: 204 }];
    const [box, server] = await scripted((count) => replies[count - 1] ?? { status: 500 });
    const progress: number[] = [];
    await box.files.writeFile("/a", "x".repeat(1_000), { onProgress: ({ bytes }) => progress.push(bytes) });
    const bodies = server.requests
      .slice(1)
      .map(({ body, headers }) => [(body as Buffer).length, headers["content-length"]]);
    expect(bodies).toEqual([
      [2_560, "2560"],
      [2_560, "2560"],
    ]);
    expect(progress.at(-1)).toBe(2_560);
    const { stream, let_go } = endless();
    const controller = new AbortController();
    const upload = box.files.upload("/a", stream, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(upload).rejects.toThrow("enough");
    await let_go;
  });

  test("that the server refuses before it is over says why, and lets its source go", async () => {
    const box = await localBox();
    const { stream, let_go } = endless();
    const upload = box.files.writeFile("a/../../x", stream, { size: 1e12 });
    await expect(upload).rejects.toMatchObject({ name: "InvalidRequestError", status: 400 });
    await let_go;
  });
});

test("a loop that is left lets the connection go, also where nothing more comes", async () => {
  const archive = await tar({ name: "f", body: "x".repeat(5_000) });
  let closed: Promise<void> | undefined;
  const [box] = await scripted(() => (response) => {
    response.writeHead(200, { "content-type": "application/x-tar" });
    response.write(archive.subarray(0, 1_000));
    closed = new Promise((resolve) => response.once("close", resolve));
  });
  for await (const entry of await box.files.download("/x")) {
    expect(entry.path).toBe("f");
    break;
  }
  await closed;
});

test("a download that nobody reads is let go when it is cancelled", async () => {
  let closed: Promise<void> | undefined;
  const [box] = await scripted(() => (response) => {
    response.writeHead(200, { "content-type": "application/x-tar" });
    response.write(new Uint8Array(512));
    closed = new Promise((resolve) => response.once("close", resolve));
  });
  await (await box.files.download("/x")).cancel();
  await closed;
});
