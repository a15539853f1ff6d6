import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { build as buildPage } from "vite";

// Plain modules below the package, and a page that is built: what is measured runs as in an application, in processes that hold nothing else.
const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = `${root}/.bench`;
await buildPage({
  configFile: false,
  root: `${root}/e2e/xterm`,
  logLevel: "error",
  resolve: { tsconfigPaths: true },
  build: { outDir: `${outdir}/xterm`, emptyOutDir: true, target: "es2022" },
});
await build({
  absWorkingDir: root,
  entryPoints: ["test/bench/xterm.ts", "test/bench/xterm-server.ts"],
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "node",
  packages: "external",
  splitting: true,
  outdir,
  // The sources' paths lead to `src`.
  tsconfigRaw: {},
  logLevel: "error",
});
const { main } = await import(pathToFileURL(`${outdir}/xterm.js`).href);
process.exitCode = await main(process.argv.slice(2));
