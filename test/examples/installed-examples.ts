import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { installPackage, type Packed } from "../package/tarball.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The examples beside the package as a user installs it, with what else they need from this project's own packages. */
export function installExamples(packages: readonly string[] = []): Packed {
  const installed = installPackage();
  cpSync(join(ROOT, "demo/examples"), join(installed.folder, "examples"), { recursive: true });
  for (const name of packages) {
    const place = join(installed.folder, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), place, "junction");
  }
  return installed;
}
