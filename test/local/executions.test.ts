import { describe, expect, test, vi } from "vitest";
import { startTestServer } from "./local-client.ts";

describe.each(["serve", "runner"] as const)("executions (%s)", (dialect) => {
  const serve = dialect === "serve";

  test("GetExecutionReturnsRunningThenExited: no exit_code while it runs", async () => {
    const { createBox, exec, attach, status } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, { command: "sh", args: ["-c", "read line; exit 7"] });
    expect(await status(box, execution)).toMatchObject({
      status: 200,
      text: JSON.stringify({ execution_id: execution, status: "running" }),
    });
    const attachment = await attach(box, execution);
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect((await status(box, execution)).json).toEqual({
      execution_id: execution,
      status: "completed",
      exit_code: 7,
    });
  });

  test.each([
    ["exit 0", 0],
    ["exit 255", 255],
    ["kill -9 $$", -9],
    ["kill -15 $$", -15],
    ["kill -1 $$", -1],
  ])("tell how %j ended: %i", async (script, code) => {
    const { createBox, run } = await startTestServer({ dialect });
    expect((await run(await createBox(), { command: "sh", args: ["-c", script] })).exitCode()).toBe(code);
  });

  test("take arguments as they are, and the command's name as argv[0]", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const box = await createBox();
    const args = ["%s|", "a b", "$HOME", "", "'\"", "ü"];
    expect((await run(box, { command: "printf", args })).stdout().toString()).toBe(`a b|$HOME||'"|ü|`);
    const name = { command: "sh", args: ["-c", "echo $0"] };
    expect((await run(box, name)).stdout().toString()).toBe("sh\n");
  });

  test.each([
    ["an unknown command", { command: "no-such-command" }, "command not found: no-such-command"],
    ["an unknown path", { command: "./nope" }, "command not found: ./nope"],
    ["a directory", { command: "/tmp" }, "command not found: /tmp"],
    ["a file that cannot be run", { command: "/etc/passwd" }, "command not found: /etc/passwd"],
    ["no command", { command: "" }, "command not found: "],
    ["an unknown directory", { command: "true", working_dir: "nope" }, "working directory not found: nope"],
    ["a PATH without it", { command: "true", env: { PATH: "/nope" } }, "command not found: true"],
  ])("cannot be started with %s", async (_name, body, message) => {
    const { send, createBox } = await startTestServer({ dialect });
    const reply = await send("POST", `/v1/boxes/${await createBox()}/exec`, { body });
    expect(reply.status).toBe(serve ? 422 : 500);
    expect(reply.json).toEqual(
      serve ? { error: { message, type: "ExecutionError", code: "execution_failed" } } : { error: message },
    );
  });

  test("cannot be started when the operating system refuses", async () => {
    const { send, createBox, run } = await startTestServer({ dialect });
    const box = await createBox();
    await run(box, {
      command: "sh",
      args: ["-c", "echo '#!/no/such/interpreter' > broken; chmod +x broken"],
    });
    for (const body of [{ command: "./broken" }, { command: "true", args: ["\0"] }]) {
      const reply = await send("POST", `/v1/boxes/${box}/exec`, { body });
      expect(reply.status, reply.text).toBe(serve ? 422 : 500);
    }
  });

  test.each([
    ["no command", {}],
    ["a command of another type", { command: 1 }],
    ["args of another type", { command: "true", args: "x" }],
    ["an argument of another type", { command: "true", args: [1] }],
  ])("need fields of the right type: %s", async (_name, body) => {
    const { send, createBox } = await startTestServer({ dialect });
    const reply = await send("POST", `/v1/boxes/${await createBox()}/exec`, { body });
    expect(reply.status).toBe(serve ? 422 : 400);
    if (!serve) expect(typeof reply.json.error).toBe("string");
  });

  test("NotFound: an unknown execution, one of another box, one in an unknown box", async () => {
    const { createBox, exec, status, tryAttach } = await startTestServer({ dialect });
    const [box, other] = [await createBox(), await createBox()];
    const execution = await exec(box, { command: "cat" });
    for (const [place, id] of [
      [box, "nope"],
      [other, execution],
      ["nope", execution],
    ] as const) {
      expect((await status(place, id)).status).toBe(404);
      expect(await tryAttach(`/v1/boxes/${place}/executions/${id}/attach`)).toMatchObject({ status: 404 });
    }
    const { json } = await status(box, "nope");
    const message = "execution not found: nope";
    expect(json).toEqual(
      serve ? { error: { message, type: "NotFoundError", code: "not_found" } } : { error: message },
    );
  });

  test("are found by the box's other name on the runner only", async () => {
    const { createBox, exec, status, tryAttach } = await startTestServer({ dialect });
    const box = await createBox({ name: "web" });
    const execution = await exec("web", { command: "cat" });
    expect((await status("web", execution)).status).toBe(200);
    expect((await status(box, execution)).status).toBe(serve ? 404 : 200);
    const attached = await tryAttach(`/v1/boxes/${box}/executions/${execution}/attach`);
    if (serve) expect(attached).toMatchObject({ status: 404 });
    else expect(attached).toHaveProperty("closed");
  });

  test("DELETE kills, evicts, and tells the attached client −9", async () => {
    const { send, createBox, shell, attach, status, tryAttach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "trap '' TERM INT HUP; echo ready; while :; do sleep 0.05; done");
    const attachment = await attach(box, execution);
    await attachment.until(() => attachment.stdout().toString() === "ready\n");
    const path = `/v1/boxes/${box}/executions/${execution}`;
    expect(await send("DELETE", path)).toMatchObject({ status: 204, text: "" });
    expect((await status(box, execution)).status).toBe(404);
    expect(await tryAttach(`${path}/attach`)).toMatchObject({ status: 404 });
    expect((await send("DELETE", path)).status).toBe(404);
    await attachment.closed;
    expect(attachment.exitCode()).toBe(-9);
  });

  test("signal: ForwardsValueToExecManager", async () => {
    const { send, createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "trap 'exit 21' USR1; echo ready; while :; do sleep 0.05; done");
    const attachment = await attach(box, execution);
    await attachment.until(() => attachment.stdout().length > 0);
    const path = `/v1/boxes/${box}/executions/${execution}/signal`;
    expect((await send("POST", path, { body: { signal: 10 } })).status).toBe(204);
    await attachment.closed;
    expect(attachment.exitCode()).toBe(21);
    // ClosedReturns409
    const late = await send("POST", path, { body: { signal: 10 } });
    expect(late.status).toBe(409);
    if (serve) expect(late.json.error).toMatchObject({ code: "invalid_state", type: "InvalidStateError" });
  });

  test("signal: RejectsKILL and everything else that is not on the list", async () => {
    const { send, createBox, exec, status } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, { command: "cat" });
    const path = `/v1/boxes/${box}/executions/${execution}/signal`;
    for (const signal of [9, 19, 18, 0, -1, 1.5, 64, 4]) {
      expect((await send("POST", path, { body: { signal } })).status, `signal ${signal}`).toBe(400);
    }
    expect((await send("POST", path, { body: {} })).status).toBe(serve ? 422 : 400);
    expect((await status(box, execution)).json.status).toBe("running");
    const elsewhere = `/v1/boxes/${box}/executions/nope/signal`;
    expect((await send("POST", elsewhere, { body: { signal: 15 } })).status).toBe(404);
  });

  test("resize without a terminal is refused", async () => {
    const { send, createBox, exec } = await startTestServer({ dialect });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/resize`;
    const reply = await send("POST", path, { body: { cols: 80, rows: 24 } });
    expect(reply.status).toBe(400);
    expect(serve ? reply.json.error : reply.json).toMatchObject(
      serve ? { code: "unsupported" } : { error: expect.stringContaining("not TTY") },
    );
    expect((await send("POST", path, { body: { cols: 0, rows: 24 } })).status).toBe(400);
    expect((await send("POST", path, { body: { cols: "80" } })).status).toBe(serve ? 422 : 400);
  });

  test("timeout_seconds ends with SIGTERM", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const body = { command: "sleep", args: ["1000"], timeout_seconds: 0.05 };
    expect((await run(await createBox(), body)).exitCode()).toBe(-15);
  });

  test("timeout_seconds ends with SIGKILL what ignores SIGTERM", async () => {
    const { createBox, run } = await startTestServer({ dialect, times: { timeoutKill: 20 } });
    const script = "trap '' TERM; while :; do sleep 0.02; done";
    const body = { command: "sh", args: ["-c", script], timeout_seconds: 0.05 };
    expect((await run(await createBox(), body)).exitCode()).toBe(-9);
  });

  test("build_box_command_rejects_invalid_timeout_seconds; the runner takes them for unbounded", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    const box = await createBox();
    for (const timeout of ["-1", "1e999", "-0.001"]) {
      const body = `{"command":"cat","timeout_seconds":${timeout}}`;
      const headers = { "Content-Type": "application/json" };
      const reply = await send("POST", `/v1/boxes/${box}/exec`, { body, headers });
      expect(reply.status, timeout).toBe(serve ? 400 : 201);
      if (serve) expect(reply.json.error).toMatchObject({ code: "invalid_argument" });
    }
  });

  test("stdin in the body is for serve only: written, then closed", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat", stdin: "from the body" }));
    attachment.socket.send(Buffer.from("from the socket"));
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(attachment.stdout().toString()).toBe(serve ? "from the body" : "from the socket");
    expect(attachment.exitCode()).toBe(0);
  });

  test("run at once, with nobody attached", async () => {
    const { createBox, shell, completed, status } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "exit 4");
    await completed(box, execution);
    expect((await status(box, execution)).json.exit_code).toBe(4);
  });

  test("a daemon that holds the output open: the runner calls it completed, serve running", async () => {
    const { createBox, shell, attach, status, completed, send } = await startTestServer({
      dialect,
      times: { pumpDrain: 30 },
    });
    const box = await createBox();
    const execution = await shell(box, "echo $$; sleep 1000 & exit 5");
    const attachment = await attach(box, execution);
    await attachment.until(() => attachment.stdout().toString().endsWith("\n"));
    // The shell has ended, and its code is known: a kill does not change that.
    const shellId = Number(attachment.stdout().toString());
    await vi.waitFor(() => expect(() => process.kill(shellId, 0)).toThrow("ESRCH"), { timeout: 10_000 });
    if (serve) {
      expect((await status(box, execution)).json.status).toBe("running");
      expect(attachment.controls).toEqual([]);
      await send("DELETE", `/v1/boxes/${box}/executions/${execution}`);
    } else {
      await completed(box, execution);
    }
    await attachment.closed;
    expect(attachment.exitCode()).toBe(5);
  });
});

test("the runner reads JSON whatever the content type, and says what is wrong with it in one sentence", async () => {
  const { send, createBox } = await startTestServer({ dialect: "runner" });
  const box = await createBox();
  const path = `/v1/boxes/${box}/exec`;
  expect(
    (await send("POST", path, { body: '{"command":"true"}', headers: { "Content-Type": "a/b" } })).status,
  ).toBe(201);
  const broken = await send("POST", path, { body: "{" });
  expect(broken).toMatchObject({ status: 400, json: { error: expect.stringContaining("JSON") } });
});
