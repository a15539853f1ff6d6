/** Characters of a line that are read out. */
const LENGTH = 200;
/** So many lines that came together are read out; of more, their number and the last one. */
const LINES = 3;

/** What a screen reader is told of lines that have come since the last time. */
export function announcement(count: number, lastLines: readonly string[]): string {
  const lines = lastLines.slice(-Math.min(LINES, count)).map(shorten);
  if (count <= LINES) return lines.join("\n");
  return `${count.toLocaleString("en")} more lines, the last one: ${lines.at(-1) ?? ""}`;
}

function shorten(line: string): string {
  return line.length <= LENGTH ? line : `${line.slice(0, LENGTH)}, and so on`;
}
