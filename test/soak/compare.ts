import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { judge, type Said } from "../chaos/judge.ts";

/** Bytes of a stream that are wrong where nothing was flagged. */
export interface Flaws {
  readonly lost: number;
  readonly repeated: number;
}

const NONE: Flaws = { lost: 0, repeated: 0 };

export interface Delivery {
  readonly written: Uint8Array;
  readonly delivered: Uint8Array;
  readonly said: readonly Said[];
  /** The end may be missing: it was not waited for, or the result says so. */
  readonly open: boolean;
  /** For what has to be looked at closely. */
  readonly folder: string;
}

/** What is wrong with a delivery although nothing was said of it. */
export function findFlaws({ written, delivered, said, open, folder }: Delivery): Flaws {
  const expected = open ? written.subarray(0, delivered.length) : written;
  if (Buffer.compare(expected, delivered) === 0) return NONE;
  if (said.some(({ verdict }) => verdict.kind === "gap" || verdict.kind === "ambiguous")) {
    const paths = { written: join(folder, "written"), delivered: join(folder, "delivered") };
    writeFileSync(paths.written, written);
    writeFileSync(paths.delivered, delivered);
    const { kind } = judge({ ...paths, verdicts: said, cutShort: open, mayBeLate: false });
    if (kind === "flagged" || kind === "exact") return NONE;
  }
  const same = commonEnds(expected, delivered);
  return { lost: expected.length - same, repeated: delivered.length - same };
}

/** Bytes at the beginning and at the end in which both agree. */
function commonEnds(one: Uint8Array, other: Uint8Array): number {
  const shorter = Math.min(one.length, other.length);
  let first = 0;
  while (first < shorter && one[first] === other[first]) first += 1;
  let last = 0;
  while (last < shorter - first && one.at(-1 - last) === other.at(-1 - last)) last += 1;
  return first + last;
}

/** A place at which a reader that fell behind misses bytes, as an event says it. */
export interface Dropped {
  readonly position: number;
  readonly bytes: number;
}

/** What a reader gets that misses those. */
export function withoutDropped(written: Uint8Array, dropped: readonly Dropped[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let read = 0;
  let at = 0;
  for (const { position, bytes } of dropped) {
    const piece = written.subarray(at, at + position - read);
    pieces.push(piece);
    at += piece.length + bytes;
    read = position;
  }
  pieces.push(written.subarray(at));
  return Buffer.concat(pieces);
}
