import { describe, expect, onTestFinished, test } from "vitest";
import { BoxLite, ConnectionLostError, NetworkError, NotFoundError } from "../../src/index.ts";
import type { Dialect } from "../../src/local/index.ts";
import { type ServerProcess, startServerProcess, TOKEN } from "./server-process.ts";
import { converse, watch } from "./watched.ts";

/** Servers that die, hang or have their clock set, in a process of their own. docs/reconnects.md says the same in a table. */

// What waits for stdin ends with the server that holds its other end: no process of a dead one is left.
const SCRIPT = "echo begun; read line; echo $line; exit 7";

async function begin(dialect: Dialect, options = {}) {
  const server = keep(await startServerProcess(dialect));
  // Another server of this kind would have another organization.
  const boxlite = new BoxLite({ baseUrl: server.url, token: TOKEN, prefix: null });
  const box = await boxlite.boxes.create();
  const execution = await box.exec("sh", ["-c", SCRIPT], options);
  const talk = converse(execution);
  const watched = watch(execution);
  expect(await talk.hear()).toBe("begun\n");
  return { server, boxlite, box, execution, talk, watched };
}

function keep(server: ServerProcess): ServerProcess {
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const IMPATIENT = { liveness: { silence: 300, timeout: 300 } };

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  test("the server dies and does not come back", async () => {
    const { server, execution, talk, watched } = await begin(dialect, { reconnectBudget: 1_000 });
    await server.die();
    const failure = await execution.exit.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionLostError);
    expect(failure).toMatchObject({ code: "connection_lost", obstacle: "unreachable" });
    await expect(talk.rest()).rejects.toBe(failure);
    expect(watched.of("disconnected")[0]).toMatchObject({ cause: { kind: "closed", code: 1006 } });
    expect(watched.events.at(-1)?.type).toBe("failed");
  });

  test("the server dies and comes back without its executions", async () => {
    const { server, boxlite, execution, talk, watched } = await begin(dialect);
    await server.die();
    await watched.until("disconnected");
    keep(await server.restart());
    const failure = await execution.exit.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure).toMatchObject({ code: "execution_gone" });
    await expect(talk.rest()).rejects.toBe(failure);
    // The client is as good as new.
    const { stdout } = await boxlite.run({ command: "echo", args: ["again"] });
    expect(stdout).toBe("again\n");
  });

  test("the server dies while a command is being started", async () => {
    const { server, box, execution } = await begin(dialect, { reconnectBudget: 100 });
    server.stop();
    const started = box.exec("true");
    started.catch(() => {});
    await server.die();
    await expect(started).rejects.toBeInstanceOf(NetworkError);
    await expect(started).rejects.toMatchObject({ code: "network", operation: "execution.start" });
    await expect(execution.exit).rejects.toMatchObject({ code: "connection_lost" });
  });

  test("the server hangs for a while", async () => {
    const { server, execution, talk, watched } = await begin(dialect, IMPATIENT);
    server.stop();
    await watched.until("disconnected");
    expect(watched.of("checked")).toEqual([{ type: "checked", alive: false }]);
    expect(watched.of("disconnected")[0]).toMatchObject({ cause: { kind: "silent" } });
    server.goOn();
    await watched.until("connected", 2);
    await talk.type("on\n");
    expect(await talk.rest()).toBe("on\n");
    expect(await execution.exit).toMatchObject({ outcome: "exited", exitCode: 7, complete: true });
  });

  test("the server's clock is set", async () => {
    const { server, boxlite, box, execution, talk, watched } = await begin(dialect);
    for (const hours of [1, -2]) {
      await server.setClock(hours * 3_600_000);
      const { info } = await boxlite.boxes.create();
      expect(Math.round((Date.parse(info.createdAt) - Date.now()) / 3_600_000)).toBe(hours);
      expect((await execution.status()).status).toBe("running");
    }
    await talk.type("on\n");
    expect(await talk.rest()).toBe("on\n");
    expect(await execution.exit).toMatchObject({ outcome: "exited", exitCode: 7, complete: true });
    expect(watched.events.map(({ type }) => type)).toEqual(["connected", "exit"]);
    // Nor is what has ended forgotten before its time.
    await server.setClock(3_600_000);
    const again = await box.attach(execution.id);
    expect(await again.text()).toMatchObject({ stdout: "begun\non\n", exitCode: 7 });
  });
});

// A handshake that nobody answers is waited for for 10 s, a status for 5 s.
test("the server hangs for longer than the budget", async () => {
  const { server, execution } = await begin("runner", { ...IMPATIENT, reconnectBudget: 100 });
  server.stop();
  const failure = await execution.exit.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConnectionLostError);
  expect(failure).toMatchObject({ code: "connection_lost", obstacle: "unreachable" });
}, 90_000);
