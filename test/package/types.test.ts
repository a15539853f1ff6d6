import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installPackage, type Packed, ROOT } from "./tarball.ts";

/** The quick starts of the README as programs of an application that is strict, and checks the types of its libraries, too. */

/** What such an application installs for itself. `@types/ws` is not among it: no entry's types may need them. */
const ITS_OWN = ["@types/node", "undici-types", "@xterm/xterm"];

let app: Packed;
beforeAll(() => {
  app = installPackage();
  cpSync(join(import.meta.dirname, "consumers"), app.folder, { recursive: true });
  for (const name of ITS_OWN) {
    const path = join(app.folder, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), path, "junction");
  }
}, 120_000);
afterAll(() => app?.[Symbol.dispose]());

const PORTABLE = ["client.ts", "gateway.ts"];
const IN_PAGES = ["page.ts", "terminal.ts"];
/** Their entries speak of Node's own types. */
const ON_NODE = ["server.ts", "vite.config.ts"];
const BROWSER = { lib: ["esnext", "dom"], types: [] };
/** What a page has that names the language that it is for: no disposables. */
const OLDER_BROWSER = { lib: ["es2022", "dom", "dom.asynciterable"], types: [], target: "es2022" };
const NODE = { lib: ["esnext"], types: ["node"] };

const programs = [
  { name: "a page", files: [...PORTABLE, ...IN_PAGES], platform: BROWSER },
  { name: "a page for ES2022", files: [...PORTABLE, ...IN_PAGES], platform: OLDER_BROWSER },
  { name: "a server without the DOM's types", files: [...PORTABLE, ...ON_NODE], platform: NODE },
  // Apart: the types of xterm.js ask for the DOM's themselves, and so bring them into the whole program.
  { name: "a terminal", files: ["terminal.ts"], platform: NODE },
];
const resolutions = [
  { module: "esnext", moduleResolution: "bundler" },
  { module: "nodenext", moduleResolution: "nodenext" },
];
const cases = resolutions.flatMap((resolution) =>
  programs.map((program) => [program.name, resolution.moduleResolution, { ...program, resolution }] as const),
);

test.each(cases)("%s, %s", { timeout: 60_000 }, (_name, _how, { files, platform, resolution }) => {
  const compilerOptions = {
    target: "esnext",
    ...resolution,
    ...platform,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(app.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", app.folder], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
