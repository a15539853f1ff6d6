import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundler, bundlers } from "./bundlers.ts";
import { installPackage, type Packed } from "./tarball.ts";

/** Nothing that only Node has gets into a page or a worker, whoever bundles it. */

let app: Packed;
beforeAll(() => {
  app = installPackage();
}, 120_000);
afterAll(() => app?.[Symbol.dispose]());

function bundleOf(bundler: Bundler, code: string, conditions: readonly string[]) {
  writeFileSync(join(app.folder, "entry.js"), code);
  return bundler(app.folder, conditions);
}

const inWs = (file: string) => /node_modules\/ws\//.test(file);

const places = [
  ["a page", ["browser"]],
  ["a worker", ["workerd", "worker", "browser"]],
] as const;

describe.each(Object.entries(bundlers))("%s", (_, bundler) => {
  describe.each(places)("for %s", (_place, conditions) => {
    test.each(["boxlite-web", "boxlite-web/xterm", "boxlite-web/gateway"])("%s", async (entry) => {
      // All that it exports: nothing is shaken off.
      const code = `import * as all from "${entry}"; console.log(all);`;
      const { files, missing } = await bundleOf(bundler, code, conditions);
      expect(missing).toEqual([]);
      expect(files.filter(inWs)).toEqual([]);
      expect(files.some((file) => file.includes("node_modules/boxlite-web/dist/"))).toBe(true);
    });
  });

  test("what only Node has would be seen", async () => {
    const code = 'import * as all from "boxlite-web/node"; import "node:net"; import "ws"; console.log(all);';
    const { files, missing } = await bundleOf(bundler, code, ["browser"]);
    const names = missing.map((name) => name.replace(/^__vite-browser-external:/, ""));
    expect(names).toContain("node:net");
    expect(names).toContain("node:fs/promises");
    expect(files.some(inWs)).toBe(true);
  });
});
