import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build } from "vite";

/** What a bundle is made of. */
export interface Bundle {
  /** The files in it. */
  readonly files: readonly string[];
  /** What it imports that is not in it: a page has nothing to load it from. */
  readonly missing: readonly string[];
}

/** Bundles the file `entry.js` of an application, by what its user says where the bundle runs: see `exports` in Node's manual. */
export type Bundler = (folder: string, conditions: readonly string[]) => Promise<Bundle>;

/** What Vite puts in the place of a built-in module of Node's: an empty one, so that only a look into it tells. */
const VITE_STUB = /^__vite-browser-external(:|$)/;

export const bundlers: Readonly<Record<"Vite" | "esbuild" | "Rollup", Bundler>> = {
  async Vite(folder, conditions) {
    const result = await build({
      configFile: false,
      logLevel: "error",
      root: folder,
      resolve: { conditions: [...conditions] },
      build: { write: false, rolldownOptions: { input: join(folder, "entry.js") } },
    });
    const outputs = [result].flat().flatMap((one) => ("output" in one ? one.output : []));
    const chunks = outputs.filter((one) => one.type === "chunk");
    const files = chunks.flatMap(({ modules }) => Object.keys(modules));
    return {
      files: files.filter((file) => !VITE_STUB.test(file)),
      missing: [...files.filter((file) => VITE_STUB.test(file)), ...importsOf(chunks)],
    };
  },

  async esbuild(folder, conditions) {
    const { metafile } = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: ["entry.js"],
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "browser",
      conditions: [...conditions],
      // Else it ends with the first of them.
      external: ["node:*"],
      outdir: "out",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const outputs = Object.values(metafile.outputs);
    const imports = outputs.flatMap((output) => output.imports);
    return {
      files: Object.keys(metafile.inputs),
      missing: imports.filter(({ external }) => external).map(({ path }) => path),
    };
  },

  async Rollup(folder, conditions) {
    const bundle = await rollup({
      input: join(folder, "entry.js"),
      plugins: [nodeResolve({ browser: true, exportConditions: [...conditions] })],
      // What cannot be resolved is in the chunk's imports.
      logLevel: "silent",
    });
    const { output } = await bundle.generate({ format: "es" });
    const chunks = output.filter((one) => one.type === "chunk");
    return { files: chunks.flatMap(({ modules }) => Object.keys(modules)), missing: importsOf(chunks) };
  },
};

interface Chunk {
  readonly fileName: string;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
}

/** What the chunks import that is none of them. */
function importsOf(chunks: readonly Chunk[]): string[] {
  const own = new Set(chunks.map(({ fileName }) => fileName));
  return chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((name) => !own.has(name));
}
