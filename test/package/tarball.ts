import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** A folder with the package's tarball in it. */
export interface Packed extends Disposable {
  readonly folder: string;
  readonly tarball: string;
}

/** The package as it is published, from the `dist` that the caller has built. */
export function packPackage(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "boxlite-package-"));
  // Packing would build `dist` once more.
  const printed = npm(["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
  const tarball = join(folder, printed.trim().split("\n").at(-1) ?? "");
  return { folder, tarball, [Symbol.dispose]: () => rmSync(folder, { recursive: true, maxRetries: 5 }) };
}

/** An application's folder, into which it was installed from that tarball. */
export function installPackage(): Packed {
  const packed = packPackage();
  const { folder, tarball } = packed;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  npm(["install", tarball, "--omit=optional"], folder);
  return packed;
}

function npm(args: readonly string[], cwd: string): string {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  return execFileSync("npm", [...args, ...quiet], { cwd, encoding: "utf8" });
}
