import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where the system has a command, if it has. */
export function findCommand(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
