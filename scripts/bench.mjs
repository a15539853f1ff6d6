import { readdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { bundle, ON_NODE, outdir, root } from "./bundle.mjs";

const folder = "test/bench/attach";
const sources = readdirSync(`${root}/${folder}`).filter((name) => name.endsWith(".ts"));
const isPage = (name) => name.endsWith("-page.ts");
const pathOf = (name) => `${folder}/${name}`;
await bundle(sources.filter((name) => !isPage(name)).map(pathOf), ON_NODE);
await bundle(sources.filter(isPage).map(pathOf), { platform: "browser", minify: true });
writeFileSync(`${outdir}/page.html`, '<!doctype html><script type="module" src="/drain-page.js"></script>');

const { main } = await import(pathToFileURL(`${outdir}/main.js`).href);
process.exitCode = await main(process.argv.slice(2));
