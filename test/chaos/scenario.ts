import type { AttachFaults, Cut, CutKind } from "../../src/testing/index.ts";
import type { Noise } from "./noise.ts";
import type { Random } from "./random.ts";

/** One run: a command whose output is known beforehand, and where its connections are cut. */
export interface Scenario {
  readonly kind: string;
  readonly script: string;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
  /** What happens to the first attach, the second, …; those beyond are left alone. */
  readonly faults: readonly AttachFaults[];
}

/** Below the 262,144 bytes that the servers keep: whatever is cut, the server still has all of it. */
const LARGEST = 250_000;

const NOTHING = new Uint8Array(0);

export function drawScenario(random: Random, noise: Noise): Scenario {
  const exitCode = random.between(0, 255);
  const output = drawOutput(random, noise);
  const total = output.stdout.length + output.stderr.length;
  const cuts = random.next() < 0.3 ? 2 : 1;
  const faults = Array.from({ length: cuts }, () => ({ cut: drawCut(random, total) }));
  return { ...output, script: `${output.script}; exit ${exitCode}`, exitCode, faults };
}

export type Output = Pick<Scenario, "kind" | "script" | "stdout" | "stderr">;

/** A script and what it writes; it leaves the end to what follows it. */
export function drawOutput(random: Random, noise: Noise): Output {
  const kinds = [counted, binary, periodic, paced, both, silent] as const;
  return random.pick(kinds)(random, noise);
}

function counted(random: Random): Output {
  const from = random.between(1, 1_000_000);
  const to = from + random.between(0, 30_000);
  let text = "";
  for (let number = from; number <= to; number += 1) text += `${number}\n`;
  return { kind: "counted", script: `seq ${from} ${to}`, stdout: bytesOf(text), stderr: NOTHING };
}

function binary(random: Random, noise: Noise): Output {
  const length = random.between(1, LARGEST);
  const stdout = noise.bytes.subarray(0, length);
  return { kind: "binary", script: `head -c ${length} ${noise.path}`, stdout, stderr: NOTHING };
}

function periodic(random: Random): Output {
  const length = random.between(1, LARGEST);
  const stdout = bytesOf("y\n".repeat(Math.ceil(length / 2)).slice(0, length));
  return { kind: "periodic", script: `yes | head -c ${length}`, stdout, stderr: NOTHING };
}

/** Output that goes on while the connection is down. */
function paced(random: Random): Output {
  const lines = random.between(10, 60);
  let text = "";
  for (let line = 1; line <= lines; line += 1) text += `line ${line} of ${lines}\n`;
  const script = `i=1; while [ $i -le ${lines} ]; do echo "line $i of ${lines}"; sleep 0.002; i=$((i+1)); done`;
  return { kind: "paced", script, stdout: bytesOf(text), stderr: NOTHING };
}

function both(random: Random): Output {
  const first = random.between(1, 10_000);
  let stdout = "";
  let stderr = "";
  for (let number = 1; number <= first; number += 1) {
    stdout += `${number}\n`;
    stderr += `${number * 7}\n`;
  }
  const script = `seq 1 ${first} & seq 7 7 ${first * 7} >&2; wait`;
  return { kind: "both", script, stdout: bytesOf(stdout), stderr: bytesOf(stderr) };
}

function silent(): Output {
  return { kind: "silent", script: "true", stdout: NOTHING, stderr: NOTHING };
}

export function drawCut(random: Random, total: number): Cut {
  const how = random.pick<CutKind>([
    "fin",
    "fin",
    "rst",
    "rst",
    { close: 1001 },
    { close: 1011 },
    { close: 1012 },
  ]);
  const place = random.next();
  if (place < 0.05) return { beforeOpen: true, how };
  if (place < 0.1) return { afterOpen: true, how };
  if (place < 0.2) return { beforeExit: true, how };
  return { afterBytes: random.between(0, total), how };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
