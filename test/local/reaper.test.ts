import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Dialect } from "../../src/local/index.ts";
import { nextStep, type Reapable } from "../../src/local/reaper.ts";
import { serverTimes } from "../../src/local/times.ts";
import { POLL, startTestServer } from "./local-client.ts";

const MINUTE = 60_000;

function running(state: Partial<Reapable> = {}): Reapable {
  return {
    reaperPhase: { name: "watched" },
    startedAt: 0,
    completed: false,
    settledAt: undefined,
    idleSince: 0,
    ...state,
  };
}

describe.each(["serve", "runner"] as const)("the reaper's next step (%s)", (dialect) => {
  const step = (execution: Reapable, now: number) => nextStep(execution, now, serverTimes, dialect);

  test("leaves an execution alone for five minutes without a client", () => {
    expect(step(running(), 5 * MINUTE - 1)).toBe("none");
    expect(step(running(), 5 * MINUTE)).toBe("hangup");
    expect(step(running({ idleSince: 10 * MINUTE }), 15 * MINUTE - 1)).toBe("none");
    expect(step(running({ idleSince: undefined }), 60 * MINUTE)).toBe("none");
  });

  test("CleanupLoopEscalatesOnOrphanedExec: HUP, TERM after 30 s, KILL after 30 s more", () => {
    const hungUp = running({ reaperPhase: { name: "hungUp", since: 5 * MINUTE } });
    expect(step(hungUp, 5.5 * MINUTE - 1)).toBe("none");
    expect(step(hungUp, 5.5 * MINUTE)).toBe("terminate");
    const terminated = running({ reaperPhase: { name: "terminated", since: 6 * MINUTE } });
    expect(step(terminated, 6.5 * MINUTE - 1)).toBe("none");
    expect(step(terminated, 6.5 * MINUTE)).toBe("kill");
  });

  test("CleanupLoopRespectsHardCap: after 24 h, attached or not", () => {
    const day = 24 * 60 * MINUTE;
    expect(step(running({ idleSince: undefined }), day - 1)).toBe("none");
    expect(step(running({ idleSince: undefined }), day)).toBe("hangup");
  });

  test("GenericSignalErrorRollsBackSignaledHUP: a step that reached nobody is due again", () => {
    expect(step(running(), 5 * MINUTE)).toBe("hangup");
    expect(step(running(), 6 * MINUTE)).toBe("hangup");
  });
});

describe("retention", () => {
  const finished = running({ completed: true, settledAt: MINUTE });

  test("reaper_retains_completed_exec_for_grace_period: serve counts from the end", () => {
    expect(nextStep(finished, 6 * MINUTE - 1, serverTimes, "serve")).toBe("none");
    expect(nextStep(finished, 6 * MINUTE, serverTimes, "serve")).toBe("evict");
  });

  test("the runner counts from the first tick that finds it finished", () => {
    expect(nextStep(finished, 6 * MINUTE, serverTimes, "runner")).toBe("noteFinished");
    const noted = { ...finished, reaperPhase: { name: "finished", since: 6 * MINUTE } as const };
    expect(nextStep(noted, 11 * MINUTE - 1, serverTimes, "runner")).toBe("none");
    expect(nextStep(noted, 11 * MINUTE, serverTimes, "runner")).toBe("evict");
  });
});

/** A process that notes each signal in a file and goes on, and the file. */
async function stubborn() {
  const directory = await mkdtemp(join(tmpdir(), "boxlite-web-reaper-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const log = join(directory, "log");
  const trap = (signal: string) => `trap 'echo ${signal} >> ${log}' ${signal};`;
  return {
    script: `: > ${log}; ${trap("HUP")} ${trap("TERM")} echo ready; while :; do sleep 0.02; done`,
    signals: async () =>
      (await readFile(log, "utf8").catch(() => "")).split("\n").filter((line) => line !== ""),
  };
}

const NEVER = 3_600_000;
const server = (dialect: Dialect, times: Record<string, number>) =>
  startTestServer({ dialect, times: { reaperTick: 5, ...times } });

describe.each(["serve", "runner"] as const)("the reaper (%s)", (dialect) => {
  test("ReapsNeverAttachedExec: HUP, TERM, then KILL and eviction", async () => {
    const { createBox, shell, status } = await server(dialect, {
      reconnectGrace: 150,
      hangupGrace: 60,
      terminateGrace: 60,
    });
    const { script, signals } = await stubborn();
    const box = await createBox();
    const execution = await shell(box, script);
    await expect.poll(async () => (await status(box, execution)).status, POLL).toBe(404);
    expect(await signals()).toEqual(["HUP", "TERM"]);
  });

  test("ReattachResetsEscalationFlags: a client that comes back starts it over", async () => {
    const { createBox, shell, attach, status } = await server(dialect, {
      reconnectGrace: 100,
      hangupGrace: NEVER,
    });
    const { script, signals } = await stubborn();
    const box = await createBox();
    const execution = await shell(box, script);
    await expect.poll(signals, POLL).toEqual(["HUP"]);
    const back = await attach(box, execution);
    back.socket.close();
    await back.closed;
    await expect.poll(signals, POLL).toEqual(["HUP", "HUP"]);
    expect((await status(box, execution)).json.status).toBe("running");
  });

  test("RespectsHardCap, with a client attached", async () => {
    const { createBox, exec, attach } = await server(dialect, { maxLifetime: 60, reconnectGrace: NEVER });
    const box = await createBox();
    const attachment = await attach(box, await exec(box, { command: "cat" }));
    await attachment.closed;
    expect(attachment.exitCode()).toBe(-1);
  });

  test("evicts a finished execution after the retention", async () => {
    const { createBox, shell, status, completed, tryAttach } = await server(dialect, { retention: 100 });
    const box = await createBox();
    const execution = await shell(box, "exit 1");
    await completed(box, execution);
    await expect.poll(async () => (await status(box, execution)).status, POLL).toBe(404);
    expect(await tryAttach(`/v1/boxes/${box}/executions/${execution}/attach`)).toMatchObject({ status: 404 });
  });
});
