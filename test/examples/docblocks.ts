import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** An example of a docblock. */
export interface Example {
  /** File and line, for messages. */
  readonly place: string;
  readonly code: string;
  /** What `console.log(…); // text` says that it prints. */
  readonly prints: readonly string[];
}

/** Every `@example` of the sources. */
export function examplesOfSources(): Example[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap((file) => examplesOf(`src/${file}`, readFileSync(join(ROOT, "src", file), "utf8")));
}

function examplesOf(file: string, source: string): Example[] {
  return [...source.matchAll(/@example\s*\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map((match) => {
    const code = (match[1] ?? "").replace(/^\s*\* ?/gm, "");
    const line = source.slice(0, match.index).split("\n").length;
    const prints = [...code.matchAll(/console\.log\([^\n]*\);? \/\/ (.+)$/gm)].map(([, text = ""]) => text);
    return { place: `${file}:${line}`, code, prints };
  });
}

const IMPORT = /^import (\{[^}]*\}) from "([^"]+)";$/gm;

/** The example as the body of a function that is given `boxlite`, `box` and a way to import. */
export function asBody({ code }: Example): string {
  // In a block: it may declare a box of its own.
  return `{${code.replace(IMPORT, 'const $1 = await load("$2");')}\n}`;
}

/** The examples as a module that TypeScript can check. */
export function asModule(examples: readonly Example[]): string {
  const imports = new Set(examples.flatMap(({ code }) => [...code.matchAll(IMPORT)].map(([line]) => line)));
  const functions = examples.map(
    ({ place, code }, at) =>
      `// ${place}\nexport async function example${at}(boxlite: BoxLite, box: Box) {{\n${code.replace(IMPORT, "")}\n}}`,
  );
  return [...imports, 'import type { Box, BoxLite } from "boxlite-web";', ...functions].join("\n");
}
