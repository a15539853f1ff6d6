import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleForPage } from "../../e2e/support/library.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A folder into which the package was installed from its tarball: what a user has. */
export interface Installed extends Disposable {
  readonly folder: string;
}

/** The suite beside the installed package. */
export interface InstalledSuite extends Installed {
  /** Its files for a page, by path, bundled as an application would. */
  bundle(): Promise<ReadonlyMap<string, string>>;
}

export function installSuite(): InstalledSuite {
  const installed = installPackage();
  for (const file of ["suite.mjs", "run.mjs", "page.mjs"]) {
    cpSync(join(import.meta.dirname, file), join(installed.folder, file));
  }
  return { ...installed, bundle: () => bundleForPage(join(installed.folder, "page.mjs"), "page.js") };
}

export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), "boxlite-installed-"));
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8" });
  // What `dist` is was built by the caller; packing would build it once more.
  const packed = npm(["pack", "--ignore-scripts", "--pack-destination", folder], ROOT)
    .trim()
    .split("\n")
    .at(-1);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  npm(["install", `./${packed}`, "--omit=optional"], folder);
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, maxRetries: 5 }),
  };
}
