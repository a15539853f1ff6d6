import { constants } from "node:os";
import type { Dialect } from "./dialect.ts";
import type { Execution } from "./execution.ts";
import { nextStep } from "./reaper.ts";
import type { LocalServerTimes } from "./times.ts";

/** The executions that can still be asked about. */
export interface Executions {
  add(execution: Execution): void;
  get(id: string): Execution | undefined;
  /** SIGKILL, wait for the end, forget. */
  kill(execution: Execution): Promise<void>;
  /** Kills those of a box. They are kept for as long as any finished one, unless `forget` is set. */
  killAll(boxId: string, forget: boolean): Promise<void>;
  /** Stops the reaper. */
  close(): void;
}

export function createExecutions(dialect: Dialect, times: LocalServerTimes): Executions {
  const byId = new Map<string, Execution>();

  async function kill(execution: Execution): Promise<void> {
    await execution.kill();
    byId.delete(execution.identity.id);
  }

  function reap(execution: Execution): void {
    const now = performance.now();
    switch (nextStep(execution, now, times, dialect)) {
      case "hangup":
        // A signal that reached nobody leaves the state as it was.
        if (execution.signal(constants.signals.SIGHUP))
          execution.reaperPhase = { name: "hungUp", since: now };
        break;
      case "terminate":
        if (execution.signal(constants.signals.SIGTERM)) {
          execution.reaperPhase = { name: "terminated", since: now };
        }
        break;
      case "kill":
        void kill(execution);
        break;
      case "noteFinished":
        execution.reaperPhase = { name: "finished", since: now };
        break;
      case "evict":
        byId.delete(execution.identity.id);
        break;
      case "none":
    }
  }

  const reaper = setInterval(() => {
    for (const execution of byId.values()) reap(execution);
  }, times.reaperTick);

  return {
    add: (execution) => byId.set(execution.identity.id, execution),
    get: (id) => byId.get(id),
    kill,
    async killAll(boxId, forget) {
      const ofBox = [...byId.values()].filter((execution) => execution.identity.boxId === boxId);
      await Promise.all(ofBox.map((execution) => (forget ? kill(execution) : execution.kill())));
    },
    close: () => clearInterval(reaper),
  };
}
