/** What processes write. Output of the first kinds has no two places that look alike for 64 bytes; the others repeat, soon or late. */
export type Content = Distinct | Repeating;

type Distinct = "counted" | "timestamps" | "random";
type Repeating = "yes" | "zeros" | "spinner" | "lines" | "block" | "heartbeat" | "near" | "far";

export const DISTINCT: readonly [Distinct, ...Distinct[]] = ["counted", "timestamps", "random"];
export const REPEATING: readonly [Repeating, ...Repeating[]] = [
  "yes",
  "zeros",
  "spinner",
  "lines",
  "block",
  "heartbeat",
  "near",
  "far",
];

/** Bytes of each kind that are made once, and of which all schedules take pieces. */
const SIZE = 1_300_000;

const made = new Map<Content, Uint8Array>();

/** `length` bytes of a kind, from an offset on. A view: it is not to be changed. */
export function contentFrom(kind: Content, offset: number, length: number): Uint8Array {
  const from = offset % (SIZE - length);
  return corpus(kind).subarray(from, from + length);
}

export function isDistinct(kind: Content): boolean {
  return DISTINCT.some((distinct) => distinct === kind);
}

function corpus(kind: Content): Uint8Array {
  const ready = made.get(kind);
  if (ready !== undefined) return ready;
  const lines: string[] = [];
  for (let length = 0, number = 0; length < SIZE; number += 1) {
    const line = lineOf(kind, number);
    lines.push(line);
    length += line.length;
  }
  const bytes = new TextEncoder().encode(lines.join("").slice(0, SIZE));
  made.set(kind, bytes);
  return bytes;
}

const BLOCK =
  "BEGIN compile a.c; compile b.c; compile c.c; link; strip; copy; 0 errors, 0 warnings END\n".repeat(9);

/** Lines after which all comes again: within a small backlog, and beyond it. */
const NEAR = 400;
const FAR = 1_800;

function lineOf(kind: Content, number: number): string {
  switch (kind) {
    case "counted":
      return `${number} of many\n`;
    case "timestamps":
      return `${new Date(1_700_000_000_000 + number * 137).toISOString()} request served\n`;
    case "random":
      return `${(Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(36)}${(Math.imul(number + 7, 0x85ebca6b) >>> 0).toString(36)}`;
    case "yes":
      return "y\n";
    case "zeros":
      return "\0".repeat(1_024);
    case "spinner":
      return `\r${"|/-\\".charAt(number % 4)} working`;
    case "lines":
      return "the same line, over and over, as a server's health check writes it\n";
    case "block":
      return BLOCK;
    case "heartbeat":
      return number % 97 === 0 ? `tick ${number}\n` : "heartbeat ok\n";
    case "near":
      return lineOf("random", number % NEAR);
    case "far":
      return lineOf("random", number % FAR);
  }
}
