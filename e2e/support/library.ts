import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The library's files for a page, by path: `/boxlite.js`, and what it loads when it is needed. */
export async function bundleLibrary(): Promise<ReadonlyMap<string, string>> {
  const entry = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  const results = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: { entry, formats: ["es"], fileName: () => "boxlite.js" },
    },
  });
  const files = [results].flat().flatMap((result) => ("output" in result ? result.output : []));
  return new Map(files.flatMap((file) => (file.type === "chunk" ? [[`/${file.fileName}`, file.code]] : [])));
}
