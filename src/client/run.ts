import { orLetGo } from "../rest/let-go.ts";
import type { Box } from "./box.ts";
import type { CreateBoxOptions } from "./box-request.ts";
import type { Boxes } from "./boxes.ts";
import { checkCommand } from "./command.ts";
import type { ExecOptions } from "./exec.ts";
import type { ExecutionText } from "./output.ts";

/** One command in a box of its own: the box's options, the command's, and the command. */
export interface RunOptions
  extends Omit<CreateBoxOptions, "name" | "env" | "workingDir" | "entrypoint" | "cmd" | "tty">,
    Omit<ExecOptions, "tty"> {
  /** The program, found through the box's `PATH`; no shell is involved. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
}

/** Runs a command in a new box and removes the box, whatever comes of it. */
export function run(
  boxes: Boxes,
  removed: (box: Box) => Promise<void>,
  options: RunOptions,
): Promise<ExecutionText> {
  return orLetGo(options.stdin, async () => {
    const { command, args = [], stdin = "", ...both } = options;
    // Before a box is made for it.
    checkCommand(command, options);
    // Each takes what it knows; the environment and the directory are the command's.
    const own = {
      name: undefined,
      env: undefined,
      workingDir: undefined,
      entrypoint: undefined,
      cmd: undefined,
      tty: undefined,
    };
    const box = await boxes.create({ ...both, ...own });
    let result: ExecutionText;
    try {
      // Nobody could write to its stdin: without one it is closed, so that what reads it ends.
      const execution = await box.exec(command, args, { ...both, stdin });
      result = await execution.text();
    } catch (error) {
      // The first error is what matters; it is not to be hidden by one in cleaning up.
      await removed(box).catch(() => {});
      throw error;
    }
    await removed(box);
    return result;
  });
}
