import type { Run } from "./world.ts";

/** What happened in many runs. */
export interface Tally {
  readonly runs: number;
  readonly connections: number;
  readonly bytes: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly proved: number;
  readonly streams: number;
  /** Runs in which an invariant was violated. */
  readonly violated: number;
  /** The first of them. */
  readonly violations: readonly { readonly seed: number; readonly said: readonly string[] }[];
}

export const NO_RUNS: Tally = {
  ...{ runs: 0, connections: 0, bytes: 0, proved: 0, streams: 0, violated: 0 },
  ...{ verdicts: {}, outcomes: {}, limits: {}, violations: [] },
};

export interface TallyBuilder {
  add(seed: number, run: Run): void;
  result(): Tally;
}

export function createTally(): TallyBuilder {
  let tally = NO_RUNS;
  return {
    add(seed, run) {
      tally = addTallies(tally, tallyOf(seed, run));
    },
    result: () => tally,
  };
}

export function addTallies(one: Tally, other: Tally): Tally {
  return {
    runs: one.runs + other.runs,
    connections: one.connections + other.connections,
    bytes: one.bytes + other.bytes,
    proved: one.proved + other.proved,
    streams: one.streams + other.streams,
    verdicts: addCounts(one.verdicts, other.verdicts),
    outcomes: addCounts(one.outcomes, other.outcomes),
    limits: addCounts(one.limits, other.limits),
    violated: one.violated + other.violated,
    violations: [...one.violations, ...other.violations].slice(0, 20),
  };
}

function addCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...one };
  for (const [key, count] of Object.entries(other)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

function tallyOf(seed: number, run: Run): Tally {
  const verdicts: Record<string, number> = {};
  let bytes = 0;
  for (const { name, verdicts: said } of Object.values(run.streams)) {
    bytes += run.server.streams[name].written.length;
    for (const { verdict } of said) {
      const kind = verdict.kind === "exact" ? `exact by ${verdict.proof}` : verdict.kind;
      verdicts[kind] = (verdicts[kind] ?? 0) + 1;
    }
  }
  const [result] = run.results;
  const exit = result?.kind === "exit" ? result.exit : null;
  return {
    runs: 1,
    connections: run.connections,
    bytes,
    verdicts,
    outcomes: { [outcomeOf(run)]: 1 },
    limits: Object.fromEntries(run.knownLimits),
    streams: exit === null ? 0 : 2,
    proved: exit === null ? 0 : Number(exit.delivered.stdout.proved) + Number(exit.delivered.stderr.proved),
    violated: run.violations.length > 0 ? 1 : 0,
    violations: run.violations.length > 0 ? [{ seed, said: run.violations }] : [],
  };
}

function outcomeOf(run: Run): string {
  const [result] = run.results;
  if (result === undefined) return "never ended";
  if (result.kind === "exit") {
    const { source, complete } = result.exit;
    return `exit by ${source}, ${complete ? "complete" : "said to be not complete"}`;
  }
  if (run.user.letGo) return "let go by its user";
  const { error } = result;
  return `failed: ${typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error)}`;
}
