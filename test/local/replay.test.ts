import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";

const CAP = 262_144;
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each(["serve", "runner"] as const)("replay (%s)", (dialect) => {
  const serve = dialect === "serve";

  test("late_attach_subscriber_must_see_prior_output, after the exit too, and every time", async () => {
    const { createBox, shell, attach, completed } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "echo out; echo err >&2; exit 3");
    await completed(box, execution);
    for (let time = 0; time < 3; time += 1) {
      const late = await attach(box, execution);
      expect((await late.closed).code).toBe(serve ? 1005 : 1000);
      expect(late.stdout().toString()).toBe("out\n");
      expect(late.stderr().toString()).toBe("err\n");
      expect(late.exitCode()).toBe(3);
    }
  });

  test("ReattachReceivesBacklogAndLive", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "echo one; read line; echo two; read line; echo three");
    const first = await attach(box, execution);
    await first.until(() => first.stdout().toString() === "one\n");
    first.socket.send(Buffer.from("\n"));
    await first.until(() => first.stdout().toString() === "one\ntwo\n");
    first.socket.close();
    await first.closed;
    const second = await attach(box, execution);
    await second.until(() => second.stdout().toString() === "one\ntwo\n");
    expect(second.frames).toHaveLength(serve ? 2 : 1);
    second.socket.send(Buffer.from("\n"));
    await second.closed;
    expect(second.stdout().toString()).toBe("one\ntwo\nthree\n");
  });

  test("what is written with nobody attached is kept up to the cap, and the oldest goes", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    // Every line has 8 bytes, so that a position tells its line.
    const execution = await shell(box, "seq -w 1000000 1099999");
    // To the end of the output, which on the runner may come after the end of the process.
    await (await attach(box, execution)).closed;
    const late = await attach(box, execution);
    await late.closed;
    const lines = Array.from({ length: 100_000 }, (_, index) => `${1_000_000 + index}\n`).join("");
    const kept = late.stdout().toString();
    expect(lines.endsWith(kept)).toBe(true);
    if (serve) {
      expect(kept.length).toBeLessThanOrEqual(CAP);
      expect(kept.length).toBeGreaterThan(CAP - 1024);
      expect(late.frames.length).toBeGreaterThanOrEqual(CAP / 1024);
    } else {
      expect(kept.length).toBe(CAP);
      expect(late.frames.map(({ bytes }) => bytes.length)).toEqual([CAP]);
    }
    expect(late.exitCode()).toBe(0);
  });

  test("the cap is per stream and can be set", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect, backlogBytes: 10 });
    const box = await createBox();
    const execution = await shell(box, "echo small >&2; echo 0123456789abcdef");
    // Then all of it has been read.
    await (await attach(box, execution)).closed;
    const late = await attach(box, execution);
    await late.closed;
    expect(late.stderr().toString()).toBe("small\n");
    // serve keeps one chunk, however large.
    expect(late.stdout().toString()).toBe(serve ? "0123456789abcdef\n" : "789abcdef\n");
  });

  test.each([1, 16])("a client that reads loses nothing by a queue of %d chunks", async (liveQueueChunks) => {
    const { createBox, shell, attach } = await startTestServer({ dialect, liveQueueChunks });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, "read line; head -c 200000 /dev/zero"));
    attachment.socket.send(Buffer.from("\n"));
    await attachment.closed;
    expect(attachment.stdout().length).toBe(200_000);
  });

  test("output before the first client is there waits for it", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const execution = await shell(box, "head -c 1000000 /dev/zero; echo done >&2");
    const attachment = await attach(box, execution);
    await attachment.closed;
    expect(attachment.stdout().length).toBe(1_000_000);
  });

  test("live frames hold at most what the guest reads at once", async () => {
    const { createBox, shell, attach } = await startTestServer({ dialect });
    const box = await createBox();
    const attachment = await attach(box, await shell(box, "read line; seq 1 20000"));
    attachment.socket.send(Buffer.from("\n"));
    await attachment.closed;
    expect(Math.max(...attachment.frames.map(({ bytes }) => bytes.length))).toBe(1024);
    const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(attachment.stdout().toString()).toBe(numbers);
  });

  test("bytes go through untouched", async () => {
    const { createBox, exec, attach } = await startTestServer({ dialect, liveQueueChunks: 100_000 });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    const sent = randomBytes(2_000_000);
    for (let at = 0; at < sent.length; at += 60_000) attachment.socket.send(sent.subarray(at, at + 60_000));
    attachment.socket.send('{"type":"stdin_eof"}');
    await attachment.closed;
    expect(attachment.stdout()).toHaveLength(sent.length);
    expect(digest(attachment.stdout())).toBe(digest(sent));
  });

  test("/dev/urandom agrees with its digest", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const script = "head -c 200000 /dev/urandom | tee copy; sha256sum < copy >&2";
    const { stdout, stderr } = await run(await createBox(), { command: "sh", args: ["-c", script] });
    expect(`${digest(stdout())}  -\n`).toBe(stderr().toString());
  });

  test("a fast producer reaches an attached reader whole when the queue is long enough", async () => {
    const { createBox, run } = await startTestServer({ dialect, liveQueueChunks: 100_000 });
    const { stdout, exitCode } = await run(await createBox(), {
      command: "head",
      args: ["-c", "5000000", "/dev/zero"],
    });
    expect(stdout()).toHaveLength(5_000_000);
    expect(exitCode()).toBe(0);
  });

  test("the server answers others while a process writes without end", async () => {
    const { createBox, exec, run, status } = await startTestServer({ dialect });
    const box = await createBox();
    const endless = await exec(box, { command: "yes" });
    for (let time = 0; time < 5; time += 1) {
      expect((await run(box, { command: "echo", args: ["hi"] })).stdout().toString()).toBe("hi\n");
    }
    expect((await status(box, endless)).json.status).toBe("running");
  });
});

describe("a client that does not read", () => {
  const BYTES = 30_000_000;
  const body = { command: "head", args: ["-c", String(BYTES), "/dev/zero"] };

  test("serve: does not hold the process up, loses output silently, and is told the exit", async () => {
    const { createBox, exec, attach, completed } = await startTestServer({ dialect: "serve" });
    const box = await createBox();
    const execution = await exec(box, body);
    const slow = await attach(box, execution);
    slow.socket.pause();
    await completed(box, execution);
    slow.socket.resume();
    expect((await slow.closed).code).toBe(1005);
    expect(slow.controls).toEqual([{ type: "exit", exit_code: 0 }]);
    expect(slow.stdout().length).toBeLessThan(BYTES);
  });

  test("runner: is closed with 1011 and no exit frame when the drain takes too long", async () => {
    const { createBox, exec, attach, completed } = await startTestServer({
      dialect: "runner",
      times: { pumpDrain: 1 },
    });
    const box = await createBox();
    const execution = await exec(box, body);
    const slow = await attach(box, execution);
    slow.socket.pause();
    await completed(box, execution);
    slow.socket.resume();
    expect(await slow.closed).toEqual({ code: 1011, reason: "pump drain timed out" });
    expect(slow.controls).toEqual([]);
    expect(slow.stdout().length).toBeLessThan(BYTES);
  });

  test("runner: is told the exit when it reads on in time, and has lost output silently", async () => {
    const { createBox, exec, attach, completed } = await startTestServer({ dialect: "runner" });
    const box = await createBox();
    const execution = await exec(box, body);
    const slow = await attach(box, execution);
    slow.socket.pause();
    await completed(box, execution);
    slow.socket.resume();
    expect((await slow.closed).code).toBe(1000);
    expect(slow.controls).toEqual([{ type: "exit", exit_code: 0 }]);
    expect(slow.stdout().length).toBeLessThan(BYTES);
    // What was dropped for the client is still in the backlog.
    const late = await attach(box, execution);
    await late.closed;
    expect(late.stdout()).toHaveLength(CAP);
  });

  test.each(["serve", "runner"] as const)(
    "%s: loses the connection after the write timeout",
    async (dialect) => {
      const { createBox, exec, attach, tryAttach } = await startTestServer({
        dialect,
        times: { writeTimeout: 50 },
      });
      const box = await createBox();
      const execution = await exec(box, { command: "yes" });
      const slow = await attach(box, execution);
      slow.socket.pause();
      const path = `/v1/boxes/${box}/executions/${execution}/attach`;
      await expect
        .poll(async () => "closed" in (await tryAttach(path)), { interval: 5, timeout: 4000 })
        .toBe(true);
      slow.socket.resume();
      expect((await slow.closed).code).toBe(1006);
    },
  );
});
