import { fileURLToPath } from "node:url";
import { build } from "vite";

/** The library's files for a page, by path: `/boxlite.js`, and what it loads when it is needed. */
export function bundleLibrary(): Promise<ReadonlyMap<string, string>> {
  return bundleForPage(fileURLToPath(new URL("../../src/index.ts", import.meta.url)), "boxlite.js");
}

/** A module and all that it imports, as an application would bundle it, by path. */
export async function bundleForPage(entry: string, name: string): Promise<ReadonlyMap<string, string>> {
  const results = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: { entry, formats: ["es"], fileName: () => name },
    },
  });
  const files = [results].flat().flatMap((result) => ("output" in result ? result.output : []));
  return new Map(files.flatMap((file) => (file.type === "chunk" ? [[`/${file.fileName}`, file.code]] : [])));
}
