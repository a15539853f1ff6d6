import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Content, FRAMINGS, measureJoins, type Situation } from "./join.ts";

/** Milliseconds for a full replay of 256 KiB. */
const GOAL = 10;

/** `npm run bench:join`: a table, and an exit code that says whether the goal was met. */
export function main(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: "string", default: "31" } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error("bench:join: --rounds takes a whole number from 1.");
    return 2;
  }
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}: npm run bench:join -- --rounds ${rounds}`);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}\n`);
  const times = measureJoins(rounds);
  const columns = FRAMINGS.map((framing) => `${framing}: 256 KiB | 64 → 128 → 256 KiB`);
  console.log(
    `| content | situation | ${columns.join(" | ")} |\n|---|---|${"---:|".repeat(2 * FRAMINGS.length)}`,
  );
  for (const { content, situation, framing } of times) {
    if (framing === FRAMINGS[0]) console.log(row(content, situation));
  }
  const slowest = Math.max(...times.flatMap(({ medians }) => medians));
  console.log(`\nslowest median: ${slowest.toFixed(2)} ms (goal: below ${GOAL} ms)`);
  return slowest < GOAL ? 0 : 1;

  function row(content: Content, situation: Situation): string {
    const cells = FRAMINGS.flatMap((framing) => {
      const found = times.find(
        (one) => one.content === content && one.situation === situation && one.framing === framing,
      );
      const [small = Number.NaN, middle = Number.NaN, full = Number.NaN] = found?.medians ?? [];
      return [`${full.toFixed(2)} ms`, `× ${(middle / small).toFixed(1)}, × ${(full / middle).toFixed(1)}`];
    });
    return `| ${content} | ${situation} | ${cells.join(" | ")} |`;
  }
}
