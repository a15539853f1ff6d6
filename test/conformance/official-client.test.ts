import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BoxLite, type Execution } from "../../src/index.ts";
import { startFaultProxy } from "../../src/testing/index.ts";
import { collectAll } from "../support/collect.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/**
 * The scenarios that the official client (Rust) is tested with, under the same names, over real sockets. Where it is
 * known to lose or to repeat output, or makes up a code, the expectation is ours. The main session has a file of its own; not
 * here, for there is no such call yet: the read-only attach.
 */

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedServer();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const completed = (exit_code: number) => ({
  code: 200,
  body: { execution_id: "exec-9", status: "completed", exit_code },
});

async function exec(options = {}, url = server.url): Promise<Execution> {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("box1");
  return box.exec("anything", [], options);
}

test("ws_clean_exit_emits_result", async () => {
  let received = "";
  server.scenes = [
    async (socket) => {
      received = await socket.next();
      socket.stdout("hi");
      socket.exit(7);
      socket.close(1000);
    },
  ];
  const execution = await exec();
  await execution.stdin.getWriter().write(new TextEncoder().encode("hello"));
  expect(await execution.text()).toMatchObject({
    stdout: "hi",
    exitCode: 7,
    source: "exit-frame",
    complete: true,
  });
  expect(received).toBe("stdin:hello");
});

test("ws_close_without_exit_falls_back_to_status", async () => {
  server.status = completed(42);
  server.scenes = [
    (socket) => {
      socket.stdout("some");
      socket.close(1000);
    },
  ];
  const execution = await exec();
  expect(await execution.text()).toMatchObject({
    stdout: "some",
    exitCode: 42,
    source: "status",
    complete: false,
  });
});

test("ws_watchdog_fires_when_idle: the connection is given up, no code is made up, the error is typed", async () => {
  server.status = {
    code: 500,
    body: { error: { message: "down", type: "InternalError", code: "internal" } },
  };
  server.pongs = false;
  server.scenes = [() => {}];
  const execution = await exec({ liveness: { silence: 20, timeout: 20 }, reconnectBudget: 100 });
  const events = collectAll(execution.events);
  await expect(execution.exit).rejects.toMatchObject({ code: "connection_lost" });
  await expect(execution.exit).rejects.toThrow(
    /nothing was heard for \S+ s, nor was a ping or a probe answered/,
  );
  expect((await events).map(({ type }) => type)).toContain("checked");
});

test("attach_some_id_reattaches_over_the_exec_route", async () => {
  server.scenes = [
    (socket) => {
      socket.stdout("ok");
      socket.exit(0);
    },
  ];
  const box = await new BoxLite({ baseUrl: server.url }).boxes.get("box1");
  const execution = await box.attach("exec-9");
  expect(await execution.text()).toMatchObject({ stdout: "ok", exitCode: 0 });
  expect(execution.id).toBe("exec-9");
  expect(server.requests.at(-1)).toBe("WS /v1/boxes/box1/executions/exec-9/attach");
});

describe("attach_some_id_maps_reaped_and_conflict_to_typed_errors", () => {
  test("404", async () => {
    server.scenes = [{ refuse: 404 }];
    server.status = {
      code: 404,
      body: { error: { message: "gone", type: "NotFoundError", code: "not_found" } },
    };
    const box = await new BoxLite({ baseUrl: server.url }).boxes.get("box1");
    const execution = await box.attach("exec-9");
    await expect(execution.exit).rejects.toMatchObject({ name: "NotFoundError", code: "execution_gone" });
  });

  test("409 is retried within the budget; then it says what stood in the way", async () => {
    server.scenes = [{ refuse: 409, body: '{"error":"already attached"}' }];
    const box = await new BoxLite({ baseUrl: server.url }).boxes.get("box1");
    const execution = await box.attach("exec-9", { reconnectBudget: 2_000 });
    await expect(execution.exit).rejects.toMatchObject({
      name: "ConflictError",
      code: "already_attached",
      status: 409,
    });
    await expect(execution.exit).rejects.toThrow("refused with 409 (already attached)");
    expect(server.requests.filter((request) => request.startsWith("WS")).length).toBeGreaterThan(2);
  });
});

test("ws_client_keepalive_pings_idle_session: an idle session is pinged, and goes on", async () => {
  server.scenes = [
    async (socket) => {
      socket.stdout("quiet now");
      expect([await socket.next(), await socket.next()]).toEqual(["ping", "ping"]);
      socket.exit(0);
    },
  ];
  const execution = await exec({ liveness: { silence: 20 } });
  const events = collectAll(execution.events);
  expect(await execution.text()).toMatchObject({ stdout: "quiet now", exitCode: 0 });
  const types = (await events).map(({ type }) => type);
  expect(types).toContain("checked");
  expect(types).not.toContain("server-message");
  expect(types.filter((type) => type === "connected")).toHaveLength(1);
});

test("ws_text_error_frame_logs_but_continues", async () => {
  server.scenes = [
    (socket) => {
      socket.text({ type: "error", message: "no such signal" });
      socket.exit(0);
    },
  ];
  const execution = await exec();
  const events = collectAll(execution.events);
  expect((await execution.exit).exitCode).toBe(0);
  expect(await events).toContainEqual({ type: "server-message", message: "no such signal", code: null });
});

test("ws_terminal_probe_after_cut_must_not_drop_buffered_stdout", async () => {
  server.status = completed(0);
  server.scenes = [
    (socket) => socket.cut(),
    (socket) => {
      socket.stdout("hello\n");
      socket.exit(0);
    },
  ];
  const execution = await exec();
  expect(await execution.text()).toMatchObject({
    stdout: "hello\n",
    exitCode: 0,
    source: "exit-frame",
    complete: true,
  });
});

test("attach_boxlite_rest_attach_drain_after_proxy_cut_serves_stdout", async () => {
  server.status = completed(3);
  server.scenes = [
    (socket) => {
      socket.stdout("hello\n");
      socket.exit(3);
    },
  ];
  const proxy = await startFaultProxy({
    target: server.url,
    plan: ({ index }) => (index === 0 ? { cut: { afterOpen: true, how: "rst" } } : undefined),
  });
  const execution = await exec({}, proxy.url);
  expect(await execution.text()).toMatchObject({ stdout: "hello\n", exitCode: 3, source: "exit-frame" });
  expect(proxy.attaches).toBe(2);
  await proxy.close();
});

test("note_dropped_frame: a consumer that falls behind is told so on its own stream, not silently", async () => {
  server.scenes = [
    (socket) => {
      for (let frame = 0; frame < 100; frame += 1) socket.stdout("x".repeat(1_000));
      socket.exit(0);
    },
  ];
  const execution = await exec({ maxBufferedBytes: 10_000 });
  await execution.exit;
  const reader = execution.stdout.getReader();
  expect((await reader.read()).value?.length).toBe(10_000);
  await expect(reader.read()).rejects.toMatchObject({ code: "buffer_overflow" });
});
