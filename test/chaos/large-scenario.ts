import type { AttachFaults, Cut, CutKind } from "../../src/testing/index.ts";
import type { Random } from "./random.ts";

/** One run of the large mode: a command of up to 50 MiB of output, and up to 20 cuts. */
export interface LargeScenario {
  readonly kind: Kind;
  /** @param folder A directory of its own. */
  readonly script: (folder: string) => string;
  readonly exitCode: number;
  /** What happens to the first attach, the second, …; those beyond are left alone. */
  readonly faults: readonly AttachFaults[];
}

export const KINDS = [
  "counters",
  "log lines",
  "binary noise",
  "periodic",
  "near blocks",
  "far blocks",
  "both streams",
  "paced",
  "silent",
] as const;

export type Kind = (typeof KINDS)[number];

/** Output in which nothing of 64 bytes or more occurs twice: a discontinuity of it always has a reason. */
export const UNIQUE: ReadonlySet<Kind> = new Set(["counters", "log lines", "binary noise", "both streams"]);

const MOST_CUTS = 20;

/** Bytes. Some commands write nothing at all. */
const SMALLEST = 64;

/** What the servers keep per stream, which each replay brings again. */
const BACKLOG = 262_144;

const HOW: readonly [CutKind, ...CutKind[]] = [
  "fin",
  "fin",
  "rst",
  "rst",
  { close: 1001 },
  { close: 1011 },
  { close: 1012 },
];

/**
 * Sizes are log-uniform: each power of two is as likely as the next. Two in three commands write in bursts, so that there is
 * something to cut for a while; the others as fast as they can.
 *
 * @param largest Bytes of output at most.
 */
export function drawLargeScenario(random: Random, largest: number): LargeScenario {
  const kind = random.pick(KINDS);
  const size = random.next() < 0.03 ? 0 : logUniform(random, SMALLEST, largest);
  const exitCode = random.between(0, 255);
  const inBursts = random.next() < 0.67;
  const flow = inBursts ? bursts(size, random) : "cat";
  const command = commandOf(kind, size, flow, random);
  const count = random.between(0, inBursts ? MOST_CUTS : 4);
  const faults = Array.from({ length: count }, (_, attach): AttachFaults => {
    // So that the process has time to write more than is kept.
    if (random.next() < 0.1) return { refuse: { status: random.pick([409, 503]) } };
    return { cut: drawLaterCut(random, size, count, attach) };
  });
  return {
    kind,
    script: (folder) => `cd ${folder} && { ${command}; }; exit ${exitCode}`,
    exitCode,
    faults,
  };
}

/** Passes `size` bytes on, a part at a time. */
function bursts(size: number, random: Random): string {
  const count = random.between(5, 30);
  const pause = random.between(2, 30) / 1_000;
  return `for i in $(seq ${count}); do head -c ${Math.ceil(size / count)}; sleep ${pause}; done`;
}

function commandOf(kind: Kind, size: number, flow: string, random: Random): string {
  const passed = (source: string, bytes = size) => `${source} | head -c ${bytes} | { ${flow}; }`;
  switch (kind) {
    case "counters":
      return passed(`seq ${random.between(1, 1_000_000)} 100000000`);
    case "log lines":
      return passed(
        `awk 'BEGIN { for (i = 0; ; i++) printf("%d.%03d INFO request %d took %d ms\\n", 1790000000 + i / 3, i * 7 % 1000, i * 79, i % 97) }'`,
      );
    case "binary noise":
      return passed("cat /dev/urandom");
    case "periodic":
      return passed(random.pick(["yes", "cat /dev/zero", 'yes "heartbeat: all is well, nothing to report"']));
    case "near blocks":
      return blocks(random.between(100, 100_000), passed);
    case "far blocks":
      return blocks(random.between(150_000, 400_000), passed);
    case "both streams":
      return `${passed("seq 1 100000000", size >> 1)} & ${passed("seq 200000000 300000000", size >> 1)} >&2; wait`;
    case "paced":
      return `i=0; while [ $i -lt ${Math.min(200, size)} ]; do date +%s.%N; sleep 0.002; i=$((i+1)); done`;
    case "silent":
      return "sleep 0.05";
  }
}

/** The same bytes again and again; nothing in a block occurs twice. */
function blocks(length: number, passed: (source: string) => string): string {
  return `head -c ${length} /dev/urandom >block; ${passed("{ while cat block 2>/dev/null; do :; done; }")}`;
}

/** A cut of one of several attaches of an output of `size` bytes. */
export function drawLaterCut(random: Random, size: number, cuts: number, attach: number): Cut {
  const how = random.pick(HOW);
  const place = random.next();
  if (place < 0.06) return { beforeOpen: true, how };
  if (place < 0.12) return { afterOpen: true, how };
  if (place < 0.2) return { beforeExit: true, how };
  // As if each connection got as far as the next: what is replayed, or a share of the output behind it.
  const replay = Math.min(BACKLOG, Math.floor((size * attach) / cuts));
  const afterBytes =
    random.next() < 0.2 ? random.between(0, replay) : replay + random.between(0, Math.ceil(size / cuts));
  if (place < 0.35) return { afterFrames: Math.ceil(afterBytes / 1_024), how };
  return { afterBytes, how };
}

function logUniform(random: Random, least: number, most: number): number {
  return Math.floor(least * (most / least) ** random.next());
}
