import type { Holdings } from "./leftovers.ts";
import { TOLERANCE, type Trend, trendOf } from "./memory.ts";
import type { SoakReport } from "./soak.ts";

/** A line of the table: what was found, and whether that may be. Without a rule it is for information. */
interface Line {
  readonly what: string;
  readonly found: string;
  readonly rule?: { readonly text: string; readonly met: boolean };
}

const none = (what: string, count: number): Line => ({
  what,
  found: count.toLocaleString("en"),
  rule: { text: "0", met: count === 0 },
});

const info = (what: string, count: number): Line => ({ what, found: count.toLocaleString("en") });

export function linesOf(report: SoakReport): Line[] {
  const kinds = ["exact", "provisional", "gap", "ambiguous"];
  return [
    info("executions", report.runs),
    info("attaches", report.attaches),
    info("cuts and silences", report.cuts),
    ...kinds.map((kind) => info(`verdicts: \`${kind}\``, report.verdicts[kind] ?? 0)),
    info("results that say that output may be missing", report.incomplete),
    none("bytes lost and not flagged", report.lost),
    none("bytes repeated and not flagged", report.repeated),
    none("invented exits", report.invented),
    none("hung handles", report.hung),
    none("ends that are neither what was to be expected nor a typed error of it", report.complaints),
    none("open attaches at the end", report.openAttaches),
    ...leftLines("left when all had ended", report.leftBehind),
    ...leftLines("left when the servers were closed", report.leftAtEnd),
    none("unhandled errors and rejections", report.unhandled.length),
    none("warnings, e.g. of too many listeners", report.warnings.length),
    memoryLine(trendOf(report.held)),
  ];
}

function leftLines(what: string, left: Holdings): Line[] {
  const groups: [string, (kind: string) => boolean][] = [
    ["sockets and pipes", (kind) => /TCP|TLS|Pipe|TTY/.test(kind)],
    ["timers", (kind) => /Timeout|Immediate/.test(kind)],
    ["listeners", (kind) => kind === "listeners"],
  ];
  const count = (isOne: (kind: string) => boolean) =>
    Object.entries(left)
      .filter(([kind]) => isOne(kind))
      .reduce((sum, [, more]) => sum + more, 0);
  const others = (kind: string) => !groups.some(([, isOne]) => isOne(kind));
  const rest = Object.keys(left).filter(others);
  return [
    ...groups.map(([name, isOne]) => none(`${name} ${what}`, count(isOne))),
    none(`processes and others ${what}${rest.length > 0 ? ` (${rest.join(", ")})` : ""}`, count(others)),
  ];
}

function memoryLine(trend: Trend | undefined): Line {
  const what = "memory after a collection: medians of the third and the last quarter";
  if (trend === undefined) return { what, found: "too few samples" };
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  const text = `+ ${TOLERANCE.share * 100} % and ${mib(TOLERANCE.bytes)} at most`;
  return { what, found: `${mib(trend.third)}, ${mib(trend.last)}`, rule: { text, met: trend.flat } };
}

/** A Markdown table. */
export function tableOf(report: SoakReport): string {
  const rows = linesOf(report).map(({ what, found, rule }) => {
    const verdict = rule === undefined ? "" : rule.met ? rule.text : `**${rule.text}: not met**`;
    return `| ${what} | ${found} | ${verdict} |`;
  });
  return ["| | found | allowed |", "|---|---:|---|", ...rows].join("\n");
}

/** The lines that are not as they must be. */
export function failuresOf(report: SoakReport): string[] {
  return linesOf(report)
    .filter(({ rule }) => rule?.met === false)
    .map(({ what, found }) => `${what}: ${found}`);
}
