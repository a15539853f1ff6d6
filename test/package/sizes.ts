import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** What a page loads for each entry, in KB of 1,000 bytes, gzipped. */

export interface Budget {
  readonly name: string;
  /** What the page imports. */
  readonly code: string;
  /** What it may not exceed: its size when this was written, up to the next half. */
  readonly budget: number;
  /** What it is to come down to. */
  readonly goal: number | null;
}

const SOURCES = "./node_modules/boxlite-web/src";

export const BUDGETS: readonly Budget[] = [
  { name: ".", code: 'export * from "boxlite-web"', budget: 27, goal: 16 },
  { name: "/xterm", code: 'export * from "boxlite-web/xterm"', budget: 3, goal: 3 },
  { name: "/gateway", code: 'export * from "boxlite-web/gateway"', budget: 9.5, goal: null },
  { name: "/attach", code: 'export * from "boxlite-web/attach"', budget: 15.5, goal: 6 },
];

/** Every module of `.` from its source, to see what it is made of. */
export const MODULES = `export * from "${SOURCES}/index.ts"`;

export interface Size {
  readonly minified: number;
  readonly gzipped: number;
}

export interface Measured extends Size {
  /** What is loaded when it is first used, by the name of what is imported. */
  readonly lazy: readonly (Size & { readonly name: string })[];
  /** What is loaded at once, by module of ours and by package of others, the largest first. */
  readonly parts: readonly (Size & { readonly name: string })[];
}

/** Bundles and minifies as for a page, in a folder in which the package is installed. */
export async function measure(folder: string, code: string): Promise<Measured> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: folder,
    stdin: { contents: code, resolveDir: folder, sourcefile: "entry.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // Built into `dist`, loaded with files: where the sources are bundled, it is not there.
    external: ["modern-tar"],
    outdir: "out",
    legalComments: "none",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [
      path.slice(path.lastIndexOf("/out/") + 1),
      { minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length },
    ]),
  );
  const sum = (names: readonly string[]): Size =>
    names
      .map((name) => sizes.get(name) ?? { minified: 0, gzipped: 0 })
      .reduce((one, other) => ({
        minified: one.minified + other.minified,
        gzipped: one.gzipped + other.gzipped,
      }));
  const { outputs } = metafile;
  const first = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === "entry.js");
  if (first === undefined) throw new Error("esbuild made no entry");
  const eager = loadedWith(outputs, first);
  const whole = sum(eager);
  const lazy = Object.keys(outputs).filter((name) => outputs[name]?.entryPoint && !eager.includes(name));
  return {
    ...whole,
    lazy: lazy.map((name) => ({
      name: plainName(outputs[name]?.entryPoint ?? name),
      ...sum(loadedWith(outputs, name).filter((loaded) => !eager.includes(loaded))),
    })),
    parts: partsOf(eager.map((name) => outputs[name]?.inputs ?? {}))
      // What is alike compresses across files: none has a share of its own, but in proportion.
      .map(([name, bytes]) => ({
        name,
        minified: bytes,
        gzipped: Math.round((bytes * whole.gzipped) / whole.minified),
      })),
  };
}

/** An output and all that it imports at once. */
function loadedWith(outputs: Metafile["outputs"], first: string): string[] {
  const loaded = new Set([first]);
  for (const name of loaded) {
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind === "import-statement") loaded.add(path);
    }
  }
  return [...loaded];
}

function partsOf(inputs: readonly Metafile["outputs"][string]["inputs"][]): [string, number][] {
  const parts = new Map<string, number>();
  for (const [path, { bytesInOutput }] of inputs.flatMap((one) => Object.entries(one))) {
    const name = plainName(path).replace(/^(?!src\/|dist\/)(@[^/]+\/)?([^/]+)\/.*/, "$1$2");
    parts.set(name, (parts.get(name) ?? 0) + bytesInOutput);
  }
  return [...parts].sort(([, one], [, other]) => other - one);
}

/** Without the folder, and the hash that a build puts into it. */
function plainName(path: string): string {
  return path.replace(/^.*node_modules\/(boxlite-web\/)?/, "").replace(/-[\w-]{8}\.js$/, ".js");
}
