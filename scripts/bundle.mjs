import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Where benchmarks are built to: below the package, whose name is then that of `dist`. */
export const outdir = `${root}/.bench`;

/** Benchmarks as plain modules: what is measured runs as in an application, without a loader, and the client as it is published. */
export function bundle(entryPoints, options) {
  return build({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    target: "es2022",
    outdir,
    // The sources' paths lead to `src`.
    tsconfigRaw: {},
    logLevel: "error",
    entryPoints,
    ...options,
  });
}

/** For Node, whose packages are loaded as they are. */
export const ON_NODE = { platform: "node", packages: "external", splitting: true };
