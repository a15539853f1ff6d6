import { BUDGETS, MODULES, measure, type Size } from "./sizes.ts";
import { installPackage } from "./tarball.ts";

/** `npm run size`: a table of the entries for browsers. With `--modules`, what the first of them is made of, too. */
export async function main(args: readonly string[]): Promise<number> {
  const app = installPackage();
  try {
    let exceeded = 0;
    console.log("| entry | minified | gzipped | budget | goal |\n|---|---|---|---|---|");
    for (const { name, code, budget, goal } of BUDGETS) {
      const { lazy, ...size } = await measure(app.folder, code);
      if (size.gzipped > budget * 1000) exceeded += 1;
      console.log(`| \`${name}\` | ${cells(size)} | ${budget} KB | ${goal === null ? "" : `${goal} KB`} |`);
      for (const chunk of lazy) console.log(`| – when it is used: ${chunk.name} | ${cells(chunk)} | | |`);
    }
    if (args.includes("--modules")) {
      const { parts } = await measure(app.folder, MODULES);
      console.log("\n| part of `.` | minified | gzipped, about |\n|---|---|---|");
      for (const part of parts) console.log(`| ${part.name} | ${cells(part)} |`);
    }
    if (exceeded > 0) console.log(`\n${exceeded} over budget.`);
    return exceeded === 0 ? 0 : 1;
  } finally {
    app[Symbol.dispose]();
  }
}

function cells({ minified, gzipped }: Size): string {
  return [minified, gzipped].map((bytes) => `${(bytes / 1000).toFixed(2)} KB`).join(" | ");
}
