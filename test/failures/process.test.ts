import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Box, BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";
import { converse, watch } from "./watched.ts";

/** Processes in a box that are killed or stopped from elsewhere. */

describe.each(["serve", "runner"] as const)("%s", (dialect) => {
  let server: LocalServer;
  let box: Box;

  beforeAll(async () => {
    server = await startLocalServer({ dialect });
    box = await new BoxLite({ baseUrl: server.url, token: server.token }).boxes.create();
  });

  afterAll(() => server.close());

  /** A process that has said its id. */
  async function begin(script = "echo $$; read line; echo $line; exit 7") {
    // Checks come while it is stopped.
    const execution = await box.exec("sh", ["-c", script], { liveness: { silence: 100, timeout: 5_000 } });
    const watched = watch(execution);
    const talk = converse(execution);
    return { execution, watched, talk, pid: Number(await talk.hear()) };
  }

  const signals = [
    ["SIGKILL", 9],
    ["SIGTERM", 15],
    ["SIGSEGV", 11],
    ["SIGABRT", 6],
  ] as const;
  test.each(signals)("the process is ended by a signal: %s", async (signal, number) => {
    const { execution, talk, pid } = await begin();
    process.kill(pid, signal);
    expect(await execution.exit).toMatchObject({
      ...{ outcome: "signaled", signal: number, exitCode: -number },
      ...{ source: "exit-frame", complete: true },
    });
    expect(await talk.rest()).toBe("");
  });

  test("the process is stopped for a while", async () => {
    const { execution, watched, talk, pid } = await begin();
    process.kill(pid, "SIGSTOP");
    await expect.poll(() => stateOf(pid)).toBe("T");
    await talk.type("on\n");
    await watched.until("checked", watched.of("checked").length + 2);
    expect(watched.of("checked").every(({ alive }) => alive === true)).toBe(true);
    expect((await execution.status()).status).toBe("running");
    process.kill(pid, "SIGCONT");
    expect(await talk.rest()).toBe("on\n");
    expect(await execution.exit).toMatchObject({ outcome: "exited", exitCode: 7, complete: true });
    expect(watched.of("connected")).toHaveLength(1);
  });

  test("a process that is stopped is killed", async () => {
    const { execution, pid } = await begin();
    process.kill(pid, "SIGSTOP");
    await expect.poll(() => stateOf(pid)).toBe("T");
    await execution.kill();
    expect(await execution.exit).toMatchObject({ outcome: "signaled", signal: 9, exitCode: -9 });
  });
});

/** As the system has it: R, S, T, Z. */
function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}
