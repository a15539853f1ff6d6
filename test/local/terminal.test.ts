import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";

const tty = (script: string) => ({ command: "sh", args: ["-c", script], tty: true });

describe.each(["serve", "runner"] as const)("terminals (%s)", (dialect) => {
  test("are terminals, and put everything on stdout", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const script = "tty > /dev/null && echo $TERM; stty size; echo err >&2; exit 9";
    const { stdout, stderr, exitCode } = await run(await createBox(), tty(script));
    expect(stdout().toString()).toBe("xterm-256color\r\n24 80\r\nerr\r\n");
    expect(stderr()).toHaveLength(0);
    expect(exitCode()).toBe(9);
  });

  test("ResizeFrame", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done";
    const attachment = await attach(box, await exec(box, tty(script)));
    await attachment.until(() => attachment.stdout().toString() === "ready\r\n");
    attachment.socket.send('{"type":"resize","cols":132,"rows":50}');
    await attachment.until(() => attachment.stdout().toString() === "ready\r\n50 132\r\n");
  });

  test("resize over HTTP, while they run", async () => {
    const { send, createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, tty("read line; stty size"));
    const path = `/v1/boxes/${box}/executions/${execution}/resize`;
    expect((await send("POST", path, { body: { cols: 100, rows: 40 } })).status).toBe(204);
    expect((await send("POST", path, { body: { cols: 0, rows: 40 } })).status).toBe(400);
    expect((await send("POST", path, { body: { cols: 70_000, rows: 40 } })).status).toBeGreaterThanOrEqual(
      400,
    );
    const attachment = await attach(box, execution);
    attachment.socket.send(Buffer.from("\r"));
    await attachment.closed;
    expect(attachment.stdout().toString()).toContain("40 100\r\n");
    expect((await send("POST", path, { body: { cols: 100, rows: 40 } })).status).toBe(409);
  });

  test("^C interrupts what runs in the foreground", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, tty("echo ready; exec sleep 1000")));
    await attachment.until(() => attachment.stdout().toString() === "ready\r\n");
    attachment.socket.send(Buffer.from("\x03"));
    await attachment.closed;
    expect(attachment.stdout().toString()).toBe("ready\r\n^C");
    expect(attachment.exitCode()).toBe(-2);
  });

  test("an interactive shell: typed input, job control, exit", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await exec(box, {
      command: "bash",
      args: ["--norc", "--noprofile", "-i"],
      env: { PS1: "ready> ", TERM: "dumb" },
      tty: true,
    });
    const attachment = await attach(box, execution);
    const prompts = () => attachment.stdout().toString().split("ready> ").length - 1;
    await attachment.until(() => prompts() === 1);
    // The quotes keep the echo of the line from being taken for the output of the job.
    attachment.socket.send(Buffer.from("sh -c 'echo run\"\"ning; exec sleep 1000'\r"));
    await attachment.until(() => attachment.stdout().includes("running"));
    attachment.socket.send(Buffer.from("\x1a"));
    await attachment.until(() => attachment.stdout().includes("Stopped"));
    // The shell objects once, as there is a stopped job.
    attachment.socket.send(Buffer.from("exit 12\r"));
    await attachment.until(() => attachment.stdout().includes("There are stopped jobs"));
    attachment.socket.send(Buffer.from("exit 12\r"));
    await attachment.closed;
    expect(attachment.exitCode()).toBe(12);
  });

  test("stdin_eof is what ^D is", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, tty("stty -echo; echo ready; cat; echo done")));
    await attachment.until(() => attachment.stdout().toString() === "ready\r\n");
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(attachment.stdout().toString()).toBe("ready\r\ndone\r\n");
  });

  test("bytes that are no text come through", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const { stdout } = await run(await createBox(), tty("stty raw; printf '\\377\\0\\200\\303'"));
    expect(stdout()).toEqual(Buffer.from([0xff, 0, 0x80, 0xc3]));
  });

  test("much output arrives whole and in order", async () => {
    const { createBox, run } = await startTestServer({ dialect, liveQueueChunks: 10_000 });
    const { stdout } = await run(await createBox(), tty("seq 1 50000"));
    const numbers = Array.from({ length: 50_000 }, (_, index) => `${index + 1}\r\n`).join("");
    expect(stdout().toString()).toBe(numbers);
  });

  test("what is typed while nobody reads waits, holds up nobody else, and arrives whole", async () => {
    const { createBox, exec, attach, run } = await startTestServer({ dialect });
    const box = await createBox();
    const script = "stty raw -echo; echo ready; until [ -e go ]; do sleep 0.02; done; exec head -c 200000";
    const attachment = await attach(box, await exec(box, tty(script)));
    await attachment.until(() => attachment.stdout().includes("ready"));
    const typed = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    for (let at = 0; at < typed.length; at += 1_000) attachment.socket.send(typed.subarray(at, at + 1_000));
    await run(box, { command: "touch", args: ["go"] });
    await attachment.closed;
    expect(attachment.stdout().subarray(-typed.length).equals(typed)).toBe(true);
  });

  test("what it wrote last arrives, also where this process is busy while it ends", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const script = "seq 1 5000; echo last";
    const attachments = await Promise.all(
      Array.from({ length: 8 }, async () => attach(box, await exec(box, tty(script)))),
    );
    // Each turn of the event loop takes longer than node-pty gives a terminal to be read to its end.
    const blocked = new Int32Array(new SharedArrayBuffer(4));
    let over = false;
    const block = () => {
      Atomics.wait(blocked, 0, 0, 250);
      if (!over) setImmediate(block);
    };
    block();
    await Promise.all(attachments.map(({ exitCode, until }) => until(() => exitCode() !== undefined)));
    over = true;
    for (const { stdout } of attachments)
      expect(stdout().toString().trim().slice(-16)).toBe("4999\r\n5000\r\nlast");
  });

  test("signals and kill reach it", async () => {
    const { send, createBox, exec, attach } = await startTestServer({ dialect });
    const box = await createBox();
    for (const [request, code] of [
      [{ method: "POST", verb: "/signal", body: { signal: 15 } }, -15],
      [{ method: "DELETE", verb: "", body: undefined }, -9],
    ] as const) {
      const execution = await exec(box, { command: "sleep", args: ["1000"], tty: true });
      const attachment = await attach(box, execution);
      const { method, verb, body } = request;
      const reply = await send(method, `/v1/boxes/${box}/executions/${execution}${verb}`, { body });
      expect(reply.status).toBe(204);
      await attachment.closed;
      expect(attachment.exitCode()).toBe(code);
    }
  });
});
