import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Box, BoxLite } from "../../src/index.ts";
import { createPageClient, startGateway } from "../gateway/setting.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** The attach of a box's main process: the id comes with it. Names as in the official client's tests, where it has the case. */

let server: ScriptedServer;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  server = await startScriptedServer();
  server.mainSession = "container-1";
  open.push(server);
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const ways: Record<string, () => Promise<BoxLite>> = {
  directly: async () => new BoxLite({ baseUrl: server.url }),
  async "through a gateway"() {
    const gateway = await startGateway({ target: server.url });
    open.push(gateway);
    return createPageClient(gateway);
  },
};

describe.each(Object.entries(ways))("%s", (_, connect) => {
  let box: Box;
  beforeEach(async () => {
    box = await (await connect()).boxes.get("box1");
    server.requests.length = 0;
  });

  test("attach_streams_main_session_over_container_route", async () => {
    server.scenes = [
      (socket) => {
        socket.stdout("hi");
        socket.exit(7);
        socket.close(1000);
      },
    ];
    const execution = await box.attachMain();
    expect(execution).toMatchObject({ id: "container-1", boxId: "box1", origin: "attach" });
    expect(await execution.text()).toMatchObject({ stdout: "hi", exitCode: 7, complete: true });
    expect(server.requests).toEqual(["WS /v1/boxes/box1/attach"]);
  });

  test("attach_some_id_reattaches_over_the_exec_route: what comes before the id is known is not lost, nor is stdin", async () => {
    server.scenes = [
      async (socket) => {
        socket.stdout("one ");
        expect(await socket.next()).toBe("stdin:go");
        socket.cut();
      },
      (socket) => {
        socket.stdout("one two");
        socket.exit(0);
        socket.close(1000);
      },
    ];
    const execution = await box.attachMain();
    const writer = execution.stdin.getWriter();
    await writer.write(new TextEncoder().encode("go"));
    expect(await execution.text()).toMatchObject({ stdout: "one two", exitCode: 0 });
    expect(server.requests).toEqual([
      "WS /v1/boxes/box1/attach",
      "GET /v1/boxes/box1/executions/container-1",
      "WS /v1/boxes/box1/executions/container-1/attach",
    ]);
  });

  test("attach_none_without_session_header_is_unsupported, and the connection is closed", async () => {
    server.mainSession = undefined;
    let closed: Promise<string> | undefined;
    server.scenes = [
      (socket) => {
        closed = socket.closed;
      },
    ];
    const attach = box.attachMain();
    await expect(attach).rejects.toMatchObject({ name: "UnsupportedError", operation: "box.attach" });
    await expect(attach).rejects.toThrow(/did not tell the execution's id/);
    await closed;
  });

  test.each([
    [404, "NotFoundError"],
    [409, "ConflictError"],
    [410, "NotFoundError"],
  ])("attach_some_id_maps_reaped_and_conflict_to_typed_errors: %d", async (status, name) => {
    server.scenes = [{ refuse: status, body: "box is stopped" }];
    const attach = box.attachMain();
    await expect(attach).rejects.toMatchObject({ name, status, operation: "box.attach" });
    await expect(attach).rejects.toThrow(/box is stopped/);
  });

  test("a token that is refused is asked for anew, once", async () => {
    let tokens = 0;
    const renewing = new BoxLite({ baseUrl: server.url, token: () => `token-${++tokens}` });
    const main = await renewing.boxes.get("box1");
    server.scenes = [{ refuse: 401 }, (socket) => socket.exit(0)];
    expect(await (await main.attachMain()).exit).toMatchObject({ exitCode: 0 });
    expect(tokens).toBe(2);
    server.scenes = [{ refuse: 401 }];
    await expect(main.attachMain()).rejects.toMatchObject({ name: "AuthenticationError", status: 401 });
    const attaches = server.requests.filter((line) => line === "WS /v1/boxes/box1/attach");
    expect(attaches).toHaveLength(4);
  });

  test("an abort before it is open ends it", async () => {
    const controller = new AbortController();
    const attach = box.attachMain({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(attach).rejects.toThrow("enough");
  });
});
