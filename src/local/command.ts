import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, resolve } from "node:path";

/** Marks every process of a box in its environment, so that also those that left its process group are found. */
export const BOX_MARKER = "BOXLITE_LOCAL_BOX";

/** A command as it will be run on this machine. */
export interface ResolvedCommand {
  readonly file: string;
  readonly argv0: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

export interface CommandRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  readonly tty: boolean;
}

export interface CommandPlace {
  readonly boxId: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the working directory and the file to run, as an exec would. The environment is built from nothing: what this
 * server was started with (its token, the user's secrets) is not handed on.
 *
 * @throws Error with a sentence for the client when the directory or the command does not exist.
 */
export async function resolveCommand(request: CommandRequest, place: CommandPlace): Promise<ResolvedCommand> {
  const cwd = resolve(place.directory, request.workingDir ?? ".");
  if (!(await isDirectory(cwd))) throw new Error(`working directory not found: ${request.workingDir}`);
  const env = {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: place.directory,
    LANG: process.env.LANG ?? "C.UTF-8",
    ...(request.tty ? { TERM: "xterm-256color" } : {}),
    ...place.env,
    ...request.env,
    [BOX_MARKER]: place.boxId,
  };
  const file = await findExecutable(request.command, cwd, env.PATH);
  if (file === undefined) throw new Error(`command not found: ${request.command}`);
  return { file, argv0: request.command, args: request.args, cwd, env };
}

async function findExecutable(command: string, cwd: string, path: string): Promise<string | undefined> {
  if (command.includes("/")) {
    const file = isAbsolute(command) ? command : resolve(cwd, command);
    return (await isExecutable(file)) ? file : undefined;
  }
  if (command === "") return undefined;
  for (const directory of path.split(delimiter)) {
    const file = resolve(cwd, directory, command);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
