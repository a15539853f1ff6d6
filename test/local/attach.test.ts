import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LocalServer } from "../../src/local/index.ts";
import { POLL, type Reply, startTestServer } from "./local-client.ts";

/** A client that upgrades by hand and then answers nothing, not even pings. */
async function attachMute(
  server: LocalServer,
  path: string,
): Promise<{ socket: Socket; received: () => Buffer }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => {
    socket.destroy();
  });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => {});
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${server.token}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const received = () => Buffer.concat(chunks);
  await expect.poll(() => received().toString("latin1"), POLL).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n/s);
  return { socket, received };
}

const isRefused = (reply: object): reply is Reply => "status" in reply;

describe.each(["serve", "runner"] as const)("attach (%s)", (dialect) => {
  const serve = dialect === "serve";

  test("StdinAndExit", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, 'read line; echo "got $line"; exit 42'));
    attachment.socket.send(Buffer.from("hello\n"));
    const { code, reason } = await attachment.closed;
    expect(attachment.frames.map(({ channel }) => channel)).toEqual([1]);
    expect(attachment.stdout().toString()).toBe("got hello\n");
    expect(attachment.controls).toEqual([{ type: "exit", exit_code: 42 }]);
    expect({ code, reason }).toEqual({ code: serve ? 1005 : 1000, reason: "" });
  });

  test("stdout and stderr have their channels, and keep their order each", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const script = "for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done";
    const { stdout, stderr } = await run(await createBox(), { command: "sh", args: ["-c", script] });
    expect(stdout().toString()).toBe("o1\no2\no3\no4\no5\n");
    expect(stderr().toString()).toBe("e1\ne2\ne3\ne4\ne5\n");
  });

  test("SingleAttach409, before the upgrade, until the first client is gone", async () => {
    const { createBox, exec, attach, tryAttach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, { command: "cat" });
    const first = await attach(box, execution);
    const path = `/v1/boxes/${box}/executions/${execution}/attach`;
    const second = await tryAttach(path);
    expect(second).toMatchObject({ status: 409 });
    const message = `execution ${execution} is already attached`;
    expect(isRefused(second) && second.json).toEqual(
      serve ? { error: { message, type: "InvalidStateError", code: "invalid_state" } } : { error: message },
    );
    first.socket.close();
    await first.closed;
    await expect.poll(async () => isRefused(await tryAttach(path)), POLL).toBe(false);
  });

  test("a reset connection frees the slot", async () => {
    const { server, createBox, exec, tryAttach } = await startTestServer({ dialect });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`;
    const { socket } = await attachMute(server, path);
    expect(await tryAttach(path)).toMatchObject({ status: 409 });
    socket.resetAndDestroy();
    await expect.poll(async () => isRefused(await tryAttach(path)), POLL).toBe(false);
  });

  test("a handshake that is not one takes no slot", async () => {
    const { send, createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, { command: "cat" });
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    const reply = await send("GET", `/v1/boxes/${box}/executions/${execution}/attach`, { headers });
    expect(reply.status).toBe(400);
    await attach(box, execution);
  });

  test("a plain GET is no attach", async () => {
    const { send, createBox, exec } = await startTestServer({ dialect });
    const box = await createBox();
    const reply = await send(
      "GET",
      `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`,
    );
    expect(reply.status).toBe(serve ? 426 : 404);
  });

  test("StdinEofClosesStdin, and what is sent after it is dropped or refused", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, "cat; echo eof; while :; do sleep 0.05; done"));
    attachment.socket.send(Buffer.from("input "));
    attachment.socket.send('{"type":"stdin_eof"}');
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.until(() => attachment.stdout().toString() === "input eof\n");
    attachment.socket.send(Buffer.from("late"));
    attachment.socket.send('{"type":"probe"}');
    await attachment.until(() =>
      attachment.controls.some(({ message }) => String(message).includes("probe")),
    );
    expect(attachment.controls.map(({ message }) => message)).toEqual([
      ...(serve ? [] : ["stdin write failed: stdin is closed"]),
      "unknown control type: probe",
    ]);
  });

  test("SignalFrameAllowedDelivered", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const script = "trap 'echo hup' HUP; echo ready; while :; do sleep 0.02; done";
    const attachment = await attach(box, await shell(box, script));
    await attachment.until(() => attachment.stdout().toString() === "ready\n");
    attachment.socket.send('{"type":"signal","sig":1}');
    await attachment.until(() => attachment.stdout().toString() === "ready\nhup\n");
    attachment.socket.send('{"type":"signal","sig":2}');
    await attachment.closed;
    expect(attachment.exitCode()).toBe(-2);
  });

  test("SignalFrameRejectedSendsError and every broken frame does, and the connection stays", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    const expected: [string, RegExp][] = [
      ['{"type":"signal","sig":9}', /^signal 9 is not allowed/],
      ['{"type":"signal","sig":19}', /^signal 19 is not allowed/],
      ['{"type":"signal","sig":18}', /^signal 18 is not allowed/],
      ['{"type":"signal","signal":15}', /is not allowed/],
      ['{"type":"ping"}', /^unknown control type: ping$/],
      ['{"type":7}', /^unknown control type: 7$/],
      ['{"cols":1}', /missing type/],
      ["{", /^invalid control frame/],
      ["null", /^invalid control frame/],
      ["", /^invalid control frame/],
      ['{"type":"resize","cols":-1,"rows":1}', /^invalid control frame/],
      ['{"type":"resize","rows":1}', /^invalid control frame/],
      ['{"type":"resize","cols":0,"rows":1}', serve ? /must be positive/ : /^resize failed/],
      ['{"type":"resize","cols":80,"rows":24}', /^resize failed: the execution is not TTY$/],
    ];
    for (const [frame] of expected) attachment.socket.send(frame);
    await attachment.until(() => attachment.controls.length === expected.length);
    for (const [index, [frame, message]] of expected.entries()) {
      expect(attachment.controls[index], frame).toEqual({
        type: "error",
        message: expect.stringMatching(message),
      });
    }
    attachment.socket.send(Buffer.from("still here"));
    await attachment.until(() => attachment.stdout().toString() === "still here");
  });

  test("an empty binary frame is nothing", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    attachment.socket.send(Buffer.alloc(0));
    attachment.socket.send(Buffer.from("x"));
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(attachment.stdout().toString()).toBe("x");
  });

  test("stdin far beyond what a pipe holds arrives whole, while control frames are still answered", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, "read line; wc -c"));
    const piece = Buffer.alloc(64 * 1024, "x");
    attachment.socket.send(Buffer.from("go\n"));
    for (let sent = 0; sent < 128; sent += 1) attachment.socket.send(piece);
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(Number(attachment.stdout())).toBe(128 * 64 * 1024);
  });

  test("stdin that nobody reads is not taken in without end", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect, times: { pingInterval: 10 } });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "sleep", args: ["1000"] }));
    // Far more than all buffers between hold.
    for (let sent = 0; sent < 64; sent += 1) attachment.socket.send(Buffer.alloc(512 * 1024));
    // The server is alive and has had its turns; had it read on, everything would have been taken by now.
    await attachment.until(() => attachment.pings() >= 40);
    expect(attachment.socket.bufferedAmount).toBeGreaterThan(0);
  });

  test("an inbound message over the limit ends the connection with 1009", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    attachment.socket.send(Buffer.alloc(serve ? 64 * 1024 * 1024 + 1 : 1024 * 1024 + 1));
    expect((await attachment.closed).code).toBe(1009);
  });

  test("a process that does not read its stdin may end before it is written", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, "exec <&-; echo closed; sleep 0.05; exit 6"));
    await attachment.until(() => attachment.stdout().length > 0);
    attachment.socket.send(Buffer.alloc(100_000));
    await attachment.closed;
    expect(attachment.exitCode()).toBe(6);
  });

  test("no subprotocol is selected and no compression negotiated", async () => {
    const { server, createBox, exec } = await startTestServer({ dialect });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`;
    const { received } = await attachMute(server, path);
    expect(received().toString("latin1")).not.toMatch(/sec-websocket-(protocol|extensions)/i);
  });

  test("KeepalivePing: at the interval", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect, times: { pingInterval: 10 } });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    await attachment.until(() => attachment.pings() >= 4);
  });

  test("KeepalivePing: serve's first is at once, the runner's after an interval", async () => {
    const { createBox, exec, attach } = await startTestServer({
      dialect,
      times: { pingInterval: 3_600_000 },
    });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(attachment.pings()).toBe(serve ? 1 : 0);
  });
});

describe("pong deadline (runner)", () => {
  const times = { pingInterval: 20, pongDeadline: 250 };

  test("PongTimeoutEvictsDeadClient", async () => {
    const { server, createBox, exec, tryAttach } = await startTestServer({ dialect: "runner", times });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`;
    const { socket, received } = await attachMute(server, path);
    expect(await tryAttach(path)).toMatchObject({ status: 409 });
    await expect.poll(() => socket.readableEnded, POLL).toBe(true);
    // Close with 1001, as far as the dead connection still takes it.
    expect([...received().subarray(-4)]).toEqual([0x88, 2, 0x03, 0xe9]);
    await expect.poll(async () => isRefused(await tryAttach(path)), POLL).toBe(false);
  });

  test("spares a client that answers", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect: "runner", times });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    await attachment.until(() => attachment.pings() >= 20);
    expect(attachment.socket.readyState).toBe(attachment.socket.OPEN);
  });

  test("spares a client whose process is slow to read", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect: "runner", times });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "sleep", args: ["1000"] }));
    for (let sent = 0; sent < 8; sent += 1) attachment.socket.send(Buffer.alloc(512 * 1024));
    await attachment.until(() => attachment.pings() >= 20);
    expect(attachment.socket.readyState).toBe(attachment.socket.OPEN);
  });

  test("is not serve's", async () => {
    const { server, createBox, exec, tryAttach } = await startTestServer({ dialect: "serve", times });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`;
    const { received } = await attachMute(server, path);
    const handshake = received().indexOf("\r\n\r\n") + 4;
    // Twenty pings of two bytes without an answer.
    await expect.poll(() => received().length - handshake, POLL).toBeGreaterThanOrEqual(40);
    expect(await tryAttach(path)).toMatchObject({ status: 409 });
  });
});

test("serve drops the connection after its Close, without waiting for the client's", async () => {
  const { server, createBox, shell } = await startTestServer({ dialect: "serve" });
  const box = await createBox();
  const path = `/v1/boxes/${box}/executions/${await shell(box, "exit 3")}/attach`;
  const { socket, received } = await attachMute(server, path);
  await expect.poll(() => socket.readableEnded, POLL).toBe(true);
  const exit = Buffer.from('{"type":"exit","exit_code":3}');
  expect(received().subarray(-exit.length - 2)).toEqual(Buffer.concat([exit, Buffer.from([0x88, 0])]));
});

describe("read-only attach (serve)", () => {
  test("refuses control frames with one error per kind, and stdin for good", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect: "serve" });
    const box = await createBox();
    const watcher = await attach(box, await shell(box, "echo seen; cat"), "?stdin=0");
    await watcher.until(() => watcher.stdout().toString() === "seen\n");
    for (const frame of ['{"type":"signal","sig":15}', '{"type":"signal","sig":2}', '{"type":"stdin_eof"}']) {
      watcher.socket.send(frame);
    }
    watcher.socket.send('{"type":"resize","cols":1,"rows":1}');
    watcher.socket.send(Buffer.from("x"));
    expect(await watcher.closed).toEqual({ code: 1008, reason: "read-only attach" });
    expect(watcher.controls.map(({ type, code }) => ({ type, code }))).toEqual(
      Array.from({ length: 4 }, () => ({ type: "error", code: "read_only_attach" })),
    );
    expect(watcher.stdout().toString()).toBe("seen\n");
  });

  test("is asked for by 0 or false, denied by anything unknown, and ignored by the runner", async () => {
    const { createBox, exec, tryAttach } = await startTestServer({ dialect: "serve" });
    const box = await createBox();
    const path = `/v1/boxes/${box}/executions/${await exec(box, { command: "cat" })}/attach`;
    expect(await tryAttach(`${path}?stdin=no`)).toMatchObject({ status: 400 });
    const runner = await startTestServer({ dialect: "runner" });
    const other = await runner.createBox();
    const attachment = await runner.attach(other, await runner.exec(other, { command: "cat" }), "?stdin=0");
    attachment.socket.send(Buffer.from("echo"));
    await attachment.until(() => attachment.stdout().toString() === "echo");
  });
});
