/** Where in the kept bytes a replay may begin. */
export interface Joins {
  /** How many places fit with at least `minimum` bytes in common; 2 stands for any number above. */
  readonly count: 0 | 1 | 2;
  /** The first of them: the longest overlap. */
  readonly first: number;
}

/**
 * The offsets `s` in `kept` at which `replay` may begin: `kept` from `s` on and `replay` are equal as far as both reach,
 * which is `minimum` bytes or more. Linear in time (Knuth, Morris, Pratt), and done with the second one: in periodic
 * content it is next to the first. Four bytes of memory per byte of `replay`.
 */
export function findJoins(kept: Uint8Array, replay: Uint8Array, minimum: number): Joins {
  if (replay.length < minimum) return { count: 0, first: -1 };
  const borders = bordersOf(replay);
  let first = -1;
  let matched = 0;
  for (let at = 0; at < kept.length; at += 1) {
    const byte = kept[at];
    while (matched > 0 && (matched === replay.length || replay[matched] !== byte))
      matched = borders[matched - 1] ?? 0;
    if (replay[matched] === byte) matched += 1;
    if (matched !== replay.length) continue;
    if (first !== -1) return { count: 2, first };
    first = at + 1 - matched;
  }
  // What is matched at the end is the longest overlap that runs out of `kept`; its borders are the shorter ones.
  if (matched === replay.length) matched = borders[matched - 1] ?? 0;
  for (; matched >= minimum; matched = borders[matched - 1] ?? 0) {
    if (first !== -1) return { count: 2, first };
    first = kept.length - matched;
  }
  return { count: first === -1 ? 0 : 1, first };
}

/** Where `pattern` ends in `text`, if it occurs exactly once; -1 otherwise. Linear in time. */
export function findOnce(pattern: Uint8Array, text: Uint8Array): number {
  const watch = createWatch(pattern, 0);
  let end = -1;
  for (let at = 0; at < text.length; at += 1) {
    if (!watch.next(text[at] ?? 0)) continue;
    if (end !== -1) return -1;
    end = at + 1;
  }
  return end;
}

/** Looks for a pattern in bytes that come one by one. */
export interface Watch {
  /** Takes the next byte; true when the pattern ends with it. */
  next(byte: number): boolean;
}

/** @param matched How much of the pattern the bytes before have matched already; all of it is allowed. */
export function createWatch(pattern: Uint8Array, matched: number): Watch {
  const borders = bordersOf(pattern);
  let length = matched;
  return {
    next(byte) {
      while (length > 0 && (length === pattern.length || pattern[length] !== byte))
        length = borders[length - 1] ?? 0;
      if (pattern[length] === byte) length += 1;
      return length === pattern.length;
    },
  };
}

/** The length of the longest proper border: a beginning that is also the end. */
export function longestBorder(bytes: Uint8Array): number {
  return bordersOf(bytes)[bytes.length - 1] ?? 0;
}

/** For each prefix of `bytes` the length of its longest proper border. */
function bordersOf(bytes: Uint8Array): Uint32Array {
  const borders = new Uint32Array(bytes.length);
  let length = 0;
  for (let at = 1; at < bytes.length; at += 1) {
    while (length > 0 && bytes[at] !== bytes[length]) length = borders[length - 1] ?? 0;
    if (bytes[at] === bytes[length]) length += 1;
    borders[at] = length;
  }
  return borders;
}
