import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

// Plain modules below the package, whose name is then that of `dist`: so that what is measured runs as in an application: no loader, and the client as it is published.
const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = `${root}/.bench`;
const sources = readdirSync(`${root}/test/bench/attach`).filter((name) => name.endsWith(".ts"));
const isPage = (name) => name.endsWith("-page.ts");
const options = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  outdir,
  // The sources' paths lead to `src`.
  tsconfigRaw: {},
  logLevel: "error",
};
await build({
  ...options,
  entryPoints: sources.filter((name) => !isPage(name)).map((name) => `test/bench/attach/${name}`),
  platform: "node",
  packages: "external",
  splitting: true,
});
await build({
  ...options,
  entryPoints: sources.filter(isPage).map((name) => `test/bench/attach/${name}`),
  platform: "browser",
  minify: true,
});
writeFileSync(`${outdir}/page.html`, '<!doctype html><script type="module" src="/drain-page.js"></script>');

const { main } = await import(pathToFileURL(`${outdir}/main.js`).href);
process.exitCode = await main(process.argv.slice(2));
