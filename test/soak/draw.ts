import type { FollowOptions } from "../../src/index.ts";
import type { Dialect } from "../../src/local/index.ts";
import type { Answer, AttachFaults, RequestFault } from "../../src/testing/index.ts";
import { drawLaterCut } from "../chaos/large-scenario.ts";
import type { Noise } from "../chaos/noise.ts";
import { createRandom, type Random } from "../chaos/random.ts";
import { bytesOf, drawCut, drawOutput, type Output } from "../chaos/scenario.ts";

/** How an execution is used, and how often of a hundred times. */
export const CONSUMERS = {
  text: 13,
  output: 11,
  "both streams": 11,
  "stdout alone": 7,
  "a slow reader": 7,
  "cancelled half way": 6,
  "drop-oldest": 7,
  "detached, attached again": 6,
  aborted: 5,
  killed: 5,
  stdin: 6,
  terminal: 4,
  "run()": 6,
  "ended by a signal": 3,
  verified: 2,
  "never let in": 1,
  long: 2,
} as const;

export type Consumer = keyof typeof CONSUMERS;

/** One execution of the soak. All of it follows from the seed. */
export interface SoakRun {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly consumer: Consumer;
  readonly script: string;
  readonly stdin: Uint8Array | undefined;
  /** What the process writes, as far as it gets. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** As the servers have it: below −1 a signal. */
  readonly exitCode: number;
  readonly faults: readonly AttachFaults[];
  readonly statusFaults: readonly RequestFault[];
  readonly follow: FollowOptions;
  /** One signal for many executions, which never aborts: nothing may be left on it. */
  readonly sharesSignal: boolean;
}

const NOTHING = new Uint8Array(0);

export function drawRun(seed: number, noise: Noise): SoakRun {
  const random = createRandom(seed);
  const dialect = random.pick<Dialect>(["serve", "runner"]);
  const consumer = drawConsumer(random);
  const exitCode = random.between(0, 255);
  const output = consumer === "long" ? drawLong(random) : drawShort(random, noise);
  const size = output.stdout.length + output.stderr.length;
  const faults = consumer === "long" ? drawLongFaults(random, size) : drawFaults(random, size);
  const ending = endingOf(consumer, exitCode);
  const stdin = consumer === "stdin" ? noise.bytes.subarray(0, random.between(0, 65_536)) : undefined;
  return {
    seed,
    dialect,
    consumer,
    stdout: output.stdout,
    stderr: output.stderr,
    ...ending,
    script: `${output.script}; ${ending.script}`,
    // What goes on while it is not to end by itself would be cut for ever.
    faults: consumer === "never let in" ? Array.from({ length: 1_000 }, () => REFUSED) : faults,
    statusFaults: faults.length > 0 && random.next() < 0.2 ? drawStatusFaults(random) : [],
    follow: {
      // A silence is to be found out within the run.
      ...(faults.some(({ silence }) => silence !== undefined) && {
        liveness: { silence: 800, timeout: 800 },
      }),
      ...(consumer === "verified" && { verify: true }),
      ...(consumer === "never let in" && { reconnectBudget: random.between(1, 400) }),
      ...(consumer === "drop-oldest" && { overflow: "drop-oldest", maxBufferedBytes: 8_192 }),
      ...(random.next() < 0.1 && { ambiguity: "skip" }),
    },
    sharesSignal: random.next() < 0.3,
    ...(stdin !== undefined && { script: `tee "$1"; exit ${exitCode}`, stdout: stdin, stderr: NOTHING }),
    ...(consumer === "terminal" && inTerminal(output, exitCode)),
    stdin: consumer === "long" ? bytesOf("go\n") : stdin,
  };
}

const REFUSED: AttachFaults = { refuse: { status: 503 } };

function drawConsumer(random: Random): Consumer {
  let left = random.next() * 100;
  for (const [consumer, weight] of Object.entries(CONSUMERS)) {
    left -= weight;
    if (left < 0) return consumer as Consumer;
  }
  return "text";
}

/** What the script does behind its output, and the code that comes of it. */
function endingOf(consumer: Consumer, exitCode: number): Pick<SoakRun, "script" | "exitCode"> {
  switch (consumer) {
    case "aborted":
    case "killed":
    case "never let in":
      return { script: "exec sleep 1000", exitCode: -9 };
    case "ended by a signal":
      return { script: "kill -TERM $$; exec sleep 1000", exitCode: -15 };
    default:
      return { script: `exit ${exitCode}`, exitCode };
  }
}

/** A terminal has one stream, and lines that end as it wants them. */
function inTerminal(
  { stdout, script }: Output,
  exitCode: number,
): Pick<SoakRun, "stdout" | "stderr" | "script"> {
  const text = Buffer.from(stdout).toString("latin1").replaceAll("\n", "\r\n");
  return {
    script: `{ ${script}; } 2>/dev/null; exit ${exitCode}`,
    stdout: Buffer.from(text, "latin1"),
    stderr: NOTHING,
  };
}

/** Four in five write next to nothing. */
function drawShort(random: Random, noise: Noise): Output {
  if (random.next() < 0.2) return drawOutput(random, noise);
  const lines = random.between(0, 20);
  let text = "";
  for (let line = 0; line < lines; line += 1) text += `line ${line} of ${lines}\n`;
  const kind = "a few lines";
  if (random.next() < 0.3)
    return { kind, script: `printf '%s' '${text}' >&2`, stdout: NOTHING, stderr: bytesOf(text) };
  return { kind, script: `printf '%s' '${text}'`, stdout: bytesOf(text), stderr: NOTHING };
}

/** Numbers in bursts, up to 1 MB. It begins when its stdin says so: then somebody is attached. */
function drawLong(random: Random): Output {
  const bursts = random.between(10, 60);
  const size = random.between(10, 2_500);
  const pause = random.between(5, 60) / 1_000;
  let text = "";
  for (let number = 1; number <= bursts * size; number += 1) text += `${number}\n`;
  const script = `read -r go; i=0; while [ $i -lt ${bursts} ]; do seq $((i*${size}+1)) $(((i+1)*${size})); sleep ${pause}; i=$((i+1)); done`;
  return { kind: "long", script, stdout: bytesOf(text), stderr: NOTHING };
}

function drawFaults(random: Random, size: number): AttachFaults[] {
  const chance = random.next();
  const count = chance < 0.4 ? 0 : chance < 0.75 ? 1 : chance < 0.92 ? 2 : random.between(3, 6);
  return Array.from({ length: count }, () => drawFault(random, size));
}

function drawFault(random: Random, size: number): AttachFaults {
  const chance = random.next();
  const cut = drawCut(random, size);
  if (chance < 0.55) return { cut };
  if (chance < 0.68) return { refuse: drawRefusal(random) };
  if (chance < 0.76) return { cut, latency: random.between(1, 60) };
  if (chance < 0.84) return { cut, splitFrames: random.between(16, 1_500) };
  if (chance < 0.9) return { swallowExit: true };
  if (chance < 0.925) return { silence: cut };
  return { bandwidth: random.between(100_000, 2_000_000), latency: random.between(0, 10) };
}

function drawRefusal(random: Random): Answer {
  return { status: random.pick([409, 409, 503, 502, 504, 429, 500]) };
}

/** The first is let in, so that its stdin comes through; it is cut several times. */
function drawLongFaults(random: Random, size: number): AttachFaults[] {
  const count = random.between(3, 8);
  return Array.from({ length: count }, (_, attach): AttachFaults => {
    if (attach === 0) return { cut: { afterBytes: random.between(1, Math.ceil(size / count)), how: "rst" } };
    if (random.next() < 0.2) return { refuse: drawRefusal(random) };
    return { cut: drawLaterCut(random, size, count, attach) };
  });
}

function drawStatusFaults(random: Random): RequestFault[] {
  const count = random.between(1, 2);
  return Array.from({ length: count }, () =>
    random.next() < 0.3 ? "reset" : { status: random.pick([500, 502, 503, 504]) },
  );
}
