import type { FollowOptions } from "../attach/attachment.ts";
import type { TerminalSize } from "../attach/frames.ts";
import { InvalidRequestError } from "../errors/index.ts";
import { orUndone } from "../rest/deadline.ts";
import { Started } from "../wire/execution.ts";
import type { BoxContext } from "./box.ts";
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

export async function startExecution(
  context: BoxContext,
  boxId: string,
  command: string,
  args: readonly string[],
  options: ExecOptions,
): Promise<Execution> {
  const { env, workingDir, timeout, tty = false, stdin, signal, ...follow } = options;
  signal?.throwIfAborted();
  if (stdin instanceof ReadableStream && stdin.locked) {
    throw invalid("The stdin stream is locked: something else reads it.");
  }
  const size = typeof tty === "object" ? checkSize(tty) : undefined;
  const json = {
    command: checkCommand(command),
    args,
    env,
    working_dir: workingDir,
    timeout_seconds: timeout === undefined ? undefined : checkTimeout(timeout) / 1000,
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
}

function checkCommand(command: string): string {
  if (typeof command === "string" && command !== "") return command;
  throw invalid('The command is empty. Name a program, e.g. box.exec("ls", ["-l"]).');
}

function checkTimeout(timeout: number): number {
  if (timeout > 0 && Number.isFinite(timeout)) return timeout;
  throw invalid(`timeout must be a number of milliseconds above 0, not ${timeout}.`);
}

function invalid(message: string): InvalidRequestError {
  return new InvalidRequestError("invalid_argument", message);
}
