import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where the first of these commands is that the system has, if it has one. */
export function findCommand(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Whether this is root on a Debian, where packages can be installed. */
export function canAptInstall() {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** Installs Debian packages. Throws when that fails. */
export function aptInstall(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const stdio = ["ignore", "ignore", "inherit"];
  execFileSync("apt-get", ["update", "-qq"], { stdio, env });
  execFileSync("apt-get", ["install", "-y", "-qq", ...packages], { stdio, env });
}
