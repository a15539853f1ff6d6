import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "src/xterm");

test("the room imports nothing but types from outside: not xterm.js, not the rest of the library", () => {
  const files = readdirSync(folder);
  expect(files.length).toBeGreaterThan(5);
  for (const name of files) {
    const source = readFileSync(join(folder, name), "utf8");
    const imports = source.match(/^(import|export)\b[^;]*\bfrom\b[^;]*;/gm) ?? [];
    for (const statement of imports)
      expect(statement, name).toMatch(/^import type |from "\.\/[a-z-]+\.ts";$/);
  }
});

test("the entry is at most 3 KB, minified and compressed", async () => {
  const result = await build({
    configFile: false,
    root,
    logLevel: "silent",
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: join(folder, "index.ts"), preserveEntrySignatures: "strict" },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const code = bundle !== undefined && "output" in bundle ? bundle.output[0].code : "";
  expect(code).toContain("getReader");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(3 * 1024);
});
