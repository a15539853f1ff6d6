import type { IBuffer } from "@xterm/xterm";
import type { Segment } from "./timeline.ts";

/** Ends an escape sequence that was cut off, and then what it may have set the colours to. */
const START = "\x18\x1b[0;7m";
const END = "\x1b[0m\r\n";

/**
 * What is written where the output does not go on, on a line of its own. Nothing on the alternate screen: a full-screen
 * program draws there, and would not draw over it.
 */
export function noticeOf(segment: Exclude<Segment, { kind: "bytes" }>, screen: IBuffer): string {
  if (screen.type === "alternate") return "";
  const newLine = screen.cursorX === 0 ? "" : "\r\n";
  return `${newLine}${START}[${sentenceOf(segment)}]${END}`;
}

function sentenceOf(segment: Exclude<Segment, { kind: "bytes" }>): string {
  if (segment.kind === "reset") return "reconnected: from here on, what the server keeps";
  const bytes = `${segment.bytes.toLocaleString("en")} bytes`;
  if (segment.undrawn) return `${bytes} not shown: they came faster than they could be drawn`;
  return segment.bytes === 0 ? "output may be missing above" : `${bytes} or more of output are missing above`;
}
