import type { FollowOptions } from "../attach/attachment.ts";
import type { TerminalSize } from "../attach/frames.ts";
import { orUndone } from "../rest/deadline.ts";
import { orLetGo } from "../rest/let-go.ts";
import { Started } from "../wire/execution.ts";
import type { BoxContext } from "./box.ts";
import { checkCommand } from "./command.ts";
import { checkSize, createControl } from "./control.ts";
import { type Execution, followExecution } from "./execution.ts";
import type { StdinSource } from "./feed.ts";

/** How a command is started and followed. */
export interface ExecOptions extends FollowOptions {
  /** Added to the box's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default: the box's. */
  readonly workingDir?: string | undefined;
  /** Milliseconds the process may run, above 0: then the server sends it SIGTERM, and SIGKILL 2 s later. Default: no limit. */
  readonly timeout?: number | undefined;
  /**
   * Whether it gets a terminal, and its size. Its stderr then arrives on `stdout`. The size follows the start by a
   * moment, over the attach. Default false.
   */
  readonly tty?: boolean | TerminalSize | undefined;
  /**
   * What the process reads; its stdin is closed behind it. Default: what is written to `execution.stdin`, which you close.
   * A stream that fails ends the execution with its error.
   */
  readonly stdin?: StdinSource | undefined;
  /**
   * Kills the process, as well as that is possible, and ends the handle with the signal's reason. If it aborts before
   * the process is known, that is killed as soon as it is.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A stream that is its stdin is let go where it does not come to be read. */
export function startExecution(
  context: BoxContext,
  boxId: string,
  command: string,
  args: readonly string[],
  options: ExecOptions,
): Promise<Execution> {
  return orLetGo(options.stdin, async () => {
    const { env, workingDir, timeout, tty = false, stdin, signal, ...follow } = options;
    signal?.throwIfAborted();
    checkCommand(command, options);
    const size = typeof tty === "object" ? checkSize(tty) : undefined;
    const json = {
      command,
      args,
      env,
      working_dir: workingDir,
      timeout_seconds: timeout === undefined ? undefined : timeout / 1000,
      tty: tty !== false || undefined,
    };
    const { http } = context;
    const params = { box: boxId, command };
    const started = http.json({ operation: "execution.start", params, json, unless: signal }, Started);
    const { executionId: id } = await orUndone(started, signal, (answer) =>
      createControl(http, boxId, answer.executionId).kill(),
    );
    try {
      return await followExecution(context, boxId, id, {
        ...follow,
        ...{ size, signal, stdin, terminal: tty !== false, owned: true },
      });
    } catch (error) {
      // It runs, and nobody has a handle on it.
      createControl(http, boxId, id)
        .kill()
        .catch(() => {});
      throw error;
    }
  });
}
