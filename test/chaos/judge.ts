import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { Verdict } from "../../src/index.ts";

/** A place in what was delivered, with what was said of it. */
export interface Said {
  readonly position: number;
  readonly verdict: Verdict;
}

/**
 * - `exact`: what was delivered is what was written.
 * - `flagged`: it is, piece by piece and in order, between the places that were flagged. `needless` counts the places at
 *   which nothing is missing and the server had at least 128 bytes in common with what was delivered.
 * - `late`: the same, but its beginning is missing, and that was not flagged.
 * - `assumed`: the same, if the places that were joined by content alone are taken for flagged as well.
 * - `wrong`: none of it.
 */
export type Judgement =
  | { readonly kind: "exact" | "late" | "assumed" }
  | { readonly kind: "flagged"; readonly needless: number }
  | { readonly kind: "wrong"; readonly reason: string };

export interface Case {
  /** Two files. */
  readonly written: string;
  readonly delivered: string;
  readonly verdicts: readonly Said[];
  /** The result says that the end may be missing. */
  readonly cutShort: boolean;
  /** The first attach of a server that does not tell may have come after more than a backlog. */
  readonly mayBeLate: boolean;
}

const BLOCK = 1 << 18;

/** A replay of a backlog that was trimmed is never shorter. */
const TRIMMED_FROM = 258_048;

/** A shorter overlap is no proof of a place. */
const PROOF = 128;

/** A shorter overlap is not even seen: behind a gap it comes twice. */
const OVERLAP = 64;

const LATE: Said = { position: 0, verdict: { kind: "gap", missing: 0 } };

/** Compares what was delivered with what the process wrote, and what was said of it. */
export function judge({ written, delivered, verdicts, cutShort, mayBeLate }: Case): Judgement {
  const file = openSync(delivered, "r");
  try {
    const length = statSync(delivered).size;
    const flags = verdicts.filter(({ verdict }) => verdict.kind === "gap" || verdict.kind === "ambiguous");
    const same = length === statSync(written).size && sameFiles(written, file, length);
    if (same && flags.length === 0) return { kind: "exact" };
    // One of the two is held in memory, at most.
    const truth = readFileSync(written);
    const withPlaces = (places: readonly Said[]) => follow(truth, file, length, places, cutShort);
    const told = withPlaces(flags);
    if (told.reason === null) {
      return flags.length === 0 ? { kind: "exact" } : { kind: "flagged", needless: told.needless };
    }
    const late = mayBeLate && length >= TRIMMED_FROM ? [LATE] : [];
    if (late.length > 0 && withPlaces([...flags, ...late]).reason === null) return { kind: "late" };
    const joined = verdicts.filter(({ verdict }) => verdict.kind === "exact" && verdict.proof === "content");
    if (withPlaces([...flags, ...joined, ...late]).reason === null) return { kind: "assumed" };
    return { kind: "wrong", reason: told.reason };
  } finally {
    closeSync(file);
  }
}

/** Where pieces may lie in what was written: the last end is somewhere from `from` to `to`. */
interface Ends {
  readonly from: number;
  readonly to: number;
}

function follow(truth: Buffer, file: number, length: number, flags: readonly Said[], cutShort: boolean) {
  const places = [...new Set([0, ...flags.map(({ position }) => position), length])].sort((a, b) => a - b);
  let ends: Ends = { from: 0, to: 0 };
  let needless = 0;
  for (const [index, start] of places.entries()) {
    const end = places[index + 1];
    const here = flags.filter(({ position }) => position === start).map(({ verdict }) => verdict);
    if (end === undefined) {
      const reaches = ends.from <= truth.length && truth.length <= ends.to;
      const open = cutShort || here.length > 0;
      return { reason: reaches || open ? null : `it ends at ${ends.to} of ${truth.length}`, needless };
    }
    const earliest = earliestStart(here, ends);
    const latest = here.length === 0 ? ends.to : truth.length;
    const size = end - start;
    const first = firstPlace(truth, file, start, size, Math.max(0, earliest), latest);
    if (first === -1) {
      return { reason: `bytes ${start} to ${end} of ${length} are no piece behind ${earliest}`, needless };
    }
    const last = lastPlace(truth, file, start, size, latest);
    const missing = first - ends.from;
    // Where it can be in several places, nobody can tell.
    const known = first === last && ends.from === ends.to;
    if (here.length > 0 && known && (missing === 0 || missing <= -PROOF)) needless += 1;
    ends = { from: first + size, to: last + size };
  }
  return { reason: null, needless };
}

/** Where the piece behind a place begins at the earliest, by what was said of the place. `ambiguous` says nothing of that. */
function earliestStart(here: readonly Verdict[], ends: Ends): number {
  if (here.length === 0) return ends.from;
  const bounds = here.map((verdict) => {
    if (verdict.kind !== "gap") return verdict.kind === "exact" ? ends.from : 0;
    return verdict.missing > 0 ? ends.from + verdict.missing : ends.from - OVERLAP + 1;
  });
  return Math.min(...bounds);
}

/** A piece whose beginning is found this often, but never all of it, is not looked for any longer. */
const PATIENCE = 5_000;

const HEAD = 512;

function firstPlace(
  truth: Buffer,
  file: number,
  start: number,
  size: number,
  from: number,
  to: number,
): number {
  const head = read(file, start, Math.min(size, HEAD));
  let at = truth.indexOf(head, from);
  for (let tries = 0; at !== -1 && at <= to && tries < PATIENCE; tries += 1) {
    if (isPiece(truth, at, file, start, size)) return at;
    at = truth.indexOf(head, at + 1);
  }
  return -1;
}

function lastPlace(truth: Buffer, file: number, start: number, size: number, to: number): number {
  if (size > truth.length) return -1;
  const head = read(file, start, Math.min(size, HEAD));
  let at = truth.lastIndexOf(head, Math.min(to, truth.length - size));
  for (let tries = 0; at !== -1 && tries < PATIENCE; tries += 1) {
    if (isPiece(truth, at, file, start, size)) return at;
    at = at === 0 ? -1 : truth.lastIndexOf(head, at - 1);
  }
  return -1;
}

function isPiece(truth: Buffer, at: number, file: number, start: number, size: number): boolean {
  if (at < 0 || at + size > truth.length) return false;
  for (let done = 0; done < size; done += BLOCK) {
    const part = read(file, start + done, Math.min(BLOCK, size - done));
    if (truth.compare(part, 0, part.length, at + done, at + done + part.length) !== 0) return false;
  }
  return true;
}

function sameFiles(path: string, other: number, length: number): boolean {
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < length; at += BLOCK) {
      const size = Math.min(BLOCK, length - at);
      if (read(file, at, size).compare(read(other, at, size)) !== 0) return false;
    }
    return true;
  } finally {
    closeSync(file);
  }
}

function read(file: number, at: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  if (readSync(file, bytes, 0, size, at) !== size) throw new Error(`a file has no ${size} bytes at ${at}`);
  return bytes;
}
