import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

/** A process of its own, that is asked one thing after the other. */
export interface Child extends Disposable {
  readonly process: ChildProcess;
  ask<Answer>(question: unknown): Promise<Answer>;
}

/** @param module A module of this folder that calls {@link answerWith}. */
export function startChild(module: string, args: readonly string[] = []): Child {
  const child = fork(join(import.meta.dirname ?? ".", `${module}.js`), [...args], {
    execArgv: ["--expose-gc", ...(process.env.BENCH_NODE_FLAGS?.split(" ") ?? [])],
    serialization: "advanced",
  });
  return {
    process: child,
    ask<Answer>(question: unknown) {
      return new Promise<Answer>((resolve, reject) => {
        const failed = (code: number | null) => reject(new Error(`${module} ended with code ${code}`));
        child.once("exit", failed);
        child.once("message", (answer) => {
          child.off("exit", failed);
          resolve(answer as Answer);
        });
        child.send(question as object);
      });
    },
    [Symbol.dispose]() {
      if (child.connected) child.disconnect();
    },
  };
}

/** Answers the process that started this one, until that lets go of it. */
export function answerWith(answer: (question: never) => unknown): void {
  process.on("message", async (question) => {
    process.send?.(await answer(question as never));
  });
  process.on("disconnect", () => process.exit());
}
