import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { BOX_MARKER } from "../../src/local/command.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { POLL, startTestServer } from "./local-client.ts";

/** The processes of a box that are alive, wherever they have gone. */
function processesOf(box: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${BOX_MARKER}=${box}\0`);
    } catch {
      return false;
    }
  });
}

const STUBBORN = "trap '' HUP INT TERM; while :; do sleep 0.05; done";
const BREEDS: [string, Record<string, unknown>][] = [
  ["a process that ignores signals", { command: "sh", args: ["-c", STUBBORN] }],
  ["a tree of processes", { command: "sh", args: ["-c", "(sleep 1000 & sleep 1000) & wait"] }],
  ["a daemon in a session of its own", { command: "sh", args: ["-c", "setsid sleep 1000 & exit 0"] }],
  [
    "a daemon that has let go of everything",
    { command: "sh", args: ["-c", "setsid sleep 1000 < /dev/null > /dev/null 2>&1 & exit 0"] },
  ],
  ["a terminal", { command: "sh", args: ["-c", STUBBORN], tty: true }],
  [
    "a background job of a shell on a terminal",
    { command: "bash", args: ["-ic", "nohup sleep 1000 > /dev/null & sleep 1000"], tty: true },
  ],
];

describe.each(["serve", "runner"] as const)("the end of a server (%s)", (dialect) => {
  test.each(BREEDS)("leaves no process: %s", async (_name, body) => {
    const { server, createBox, exec } = await startTestServer({ dialect });
    const box = await createBox();
    await exec(box, body);
    await expect.poll(() => processesOf(box).length, POLL).toBeGreaterThan(0);
    await server.close();
    expect(processesOf(box)).toEqual([]);
  });

  test.each(BREEDS)("DELETE and stop of a box leave no process either: %s", async (_name, body) => {
    const { send, createBox, exec } = await startTestServer({ dialect });
    for (const [method, verb] of [
      ["DELETE", ""],
      ["POST", "/stop"],
    ] as const) {
      const box = await createBox();
      await exec(box, body);
      await expect.poll(() => processesOf(box).length, POLL).toBeGreaterThan(0);
      await send(method, `/v1/boxes/${box}${verb}`);
      expect(processesOf(box)).toEqual([]);
    }
  });

  test("a daemon outlives its command, as in a box", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const box = await createBox();
    await run(box, { command: "sh", args: ["-c", "sleep 1000 > /dev/null 2>&1 &"] });
    expect(processesOf(box)).toHaveLength(1);
  });

  test("closes its port, its sockets and its directories", async () => {
    const { server, createBox, exec, attach, run } = await startTestServer({ dialect });
    const box = await createBox();
    const directory = (await run(box, { command: "pwd" })).stdout().toString().trim();
    expect(existsSync(directory)).toBe(true);
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    const idle = connect(Number(new URL(server.url).port), "127.0.0.1");
    await once(idle, "connect");
    const [, { code }] = await Promise.all([server.close(), attachment.closed, once(idle, "close")]);
    expect(code).toBe(1006);
    expect(existsSync(directory)).toBe(false);
    const again = connect(Number(new URL(server.url).port), "127.0.0.1");
    const [error] = await once(again, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("ends while requests are under way", async () => {
    const { server, createBox, exec } = await startTestServer({ dialect });
    const box = await createBox();
    await exec(box, { command: "cat" });
    const hanging = connect(Number(new URL(server.url).port), "127.0.0.1");
    hanging.on("error", () => {});
    hanging.write(
      `POST /v1/boxes/${box}/exec HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n` +
        "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    );
    await once(hanging, "data");
    const late = Array.from({ length: 10 }, () => exec(box, { command: "cat" }).catch(() => {}));
    await server.close();
    await Promise.all(late);
    expect(processesOf(box)).toEqual([]);
  });

  test("leaves no timer running", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const { server, createBox, exec, attach, run } = await startTestServer({ dialect });
    const box = await createBox();
    await attach(box, await exec(box, { command: "cat", timeout_seconds: 1000 }));
    await run(box, { command: "true", timeout_seconds: 1000 });
    await exec(box, { command: "true", timeout_seconds: 1000 });
    expect(timers()).toBeGreaterThan(before);
    await server.close();
    await expect.poll(timers, POLL).toBeLessThanOrEqual(before + POLL_TIMERS);
  });

  test("can be asked for twice, and comes with await using", async () => {
    const server = await startLocalServer({ dialect });
    await Promise.all([server.close(), server.close(), server[Symbol.asyncDispose]()]);
    await expect(fetch(`${server.url}/v1/config`)).rejects.toThrow();
  });
});

/** expect.poll has timers of its own: the one for its deadline while it looks. */
const POLL_TIMERS = 1;

describe("the start of a server", () => {
  test("gives every server a token of its own", async () => {
    const servers = await Promise.all([startLocalServer(), startLocalServer()]);
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.close()));
    });
    const [one, other] = servers.map(({ token }) => token);
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(one).not.toBe(other);
  });

  test("says that the port is taken, and leaves nothing behind", async () => {
    const occupant = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => {
      occupant.close();
    });
    await once(occupant, "listening");
    const address = occupant.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(startLocalServer({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test.each([
    [{ token: "" }, TypeError],
    [{ backlogBytes: 0 }, RangeError],
    [{ liveQueueChunks: 0 }, RangeError],
    [{ liveQueueChunks: 1.5 }, RangeError],
    [{ port: 70_000 }, RangeError],
    [{ tokenExpiresAt: new Date("never") }, RangeError],
  ])("refuses %j", async (options, error) => {
    await expect(startLocalServer(options)).rejects.toBeInstanceOf(error);
  });
});
