import { cpSync } from "node:fs";
import { join } from "node:path";
import { bundleForPage } from "../../e2e/support/library.ts";
import { installPackage, type Packed } from "../package/tarball.ts";

/** The package as it was installed, with the suite beside it: what a user has. */
export interface Installed extends Packed {
  /** Its files for a page, by path, bundled as an application would. */
  bundle(): Promise<ReadonlyMap<string, string>>;
}

export function installSuite(): Installed {
  const installed = installPackage();
  for (const file of ["suite.mjs", "run.mjs", "page.mjs", "worker.mjs"]) {
    cpSync(join(import.meta.dirname, file), join(installed.folder, file));
  }
  return { ...installed, bundle: () => bundleForPage(join(installed.folder, "page.mjs"), "page.js") };
}
