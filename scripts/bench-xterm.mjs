import { pathToFileURL } from "node:url";
import { build as buildPage } from "vite";
import { bundle, ON_NODE, outdir, root } from "./bundle.mjs";

await buildPage({
  configFile: false,
  root: `${root}/e2e/xterm`,
  logLevel: "error",
  resolve: { tsconfigPaths: true },
  build: { outDir: `${outdir}/xterm`, emptyOutDir: true, target: "es2022" },
});
await bundle(["test/bench/xterm.ts", "test/bench/xterm-server.ts"], ON_NODE);

const { main } = await import(pathToFileURL(`${outdir}/xterm.js`).href);
process.exitCode = await main(process.argv.slice(2));
