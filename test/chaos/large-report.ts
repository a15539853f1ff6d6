import type { LargeResult } from "./large.ts";
import { KINDS } from "./large-scenario.ts";

type Column = readonly [name: string, count: (results: readonly LargeResult[]) => number];

const having = (test: (result: LargeResult) => boolean) => (results: readonly LargeResult[]) =>
  results.filter(test).length;

const flaggedWith = (flag: "gap" | "ambiguous") =>
  having(({ outcome, flags }) => outcome === "flagged" && flags.has(flag));

/** A run may count in more than one of `gap`, `ambiguous` and "end not had". */
const COLUMNS: readonly Column[] = [
  ["runs", (results) => results.length],
  ["cuts", (results) => results.reduce((sum, { cuts }) => sum + cuts, 0)],
  ["MiB", (results) => Math.round(results.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20)],
  ["exact", having(({ outcome, cutShort }) => outcome === "exact" && !cutShort)],
  ["`gap`", flaggedWith("gap")],
  ["`ambiguous`", flaggedWith("ambiguous")],
  ["end not had, said", having(({ cutShort }) => cutShort)],
  ["late start¹", having(({ outcome }) => outcome === "late")],
  ["far repeat²", having(({ outcome }) => outcome === "assumed")],
  ["flagged without need³", having(({ needless }) => needless > 0)],
  ["wrongly unflagged", having(({ outcome, flags }) => outcome === "wrong" && flags.size === 0)],
  ["flagged at the wrong byte", having(({ outcome, flags }) => outcome === "wrong" && flags.size > 0)],
  ["wrong exit", having(({ wrongExit }) => wrongExit)],
  ["wrong claim", having(({ wrongClaim }) => wrongClaim)],
  ["hung", having(({ outcome }) => outcome === "hung")],
];

/** A Markdown table: one row per kind of output, and the sum. */
export function largeTable(results: readonly LargeResult[]): string {
  const rows = KINDS.map((kind) => [kind, results.filter((result) => result.kind === kind)] as const);
  return [
    `| output | ${COLUMNS.map(([name]) => name).join(" | ")} |`,
    `|---|${COLUMNS.map(() => "---:|").join("")}`,
    ...[...rows, ["all", results] as const].map(
      ([name, own]) => `| ${name} | ${COLUMNS.map(([, count]) => count(own)).join(" | ")} |`,
    ),
  ].join("\n");
}

/** What must not be, each with the seed that repeats it. */
export function largeFindings(results: readonly LargeResult[]): string[] {
  return results.flatMap((result) => {
    const { outcome, wrongExit, wrongClaim, kind, seed, detail } = result;
    const problems = [
      ...(outcome === "wrong" || outcome === "hung" ? [outcome] : []),
      ...(outcome === "assumed" && kind !== "far blocks" ? ["a place joined by content is wrong"] : []),
      ...(wrongExit ? ["wrong exit"] : []),
      ...(wrongClaim ? ["wrong claim"] : []),
    ];
    return problems.length === 0 ? [] : [`seed ${seed}, ${kind}: ${problems.join(", ")}: ${detail}`];
  });
}
