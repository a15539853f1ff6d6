import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Box, BoxLite, ExecOptions, Execution, ExecutionExit, OutputName } from "../../src/index.ts";
import type { Said } from "../chaos/judge.ts";
import { type Dropped, withoutDropped } from "./compare.ts";
import type { Consumer, SoakRun } from "./draw.ts";

/** What there is to work with. */
export interface Stage {
  readonly box: Box;
  readonly run: SoakRun;
  /** A directory of its own. */
  readonly folder: string;
  /** Never aborts, and is for all. */
  readonly longLived: AbortSignal;
}

/** What one stream brought. Undefined, where nobody looked at it. */
export interface Brought {
  readonly delivered: Uint8Array;
  readonly said: readonly Said[];
  /** What it is to be compared with. */
  readonly written: Uint8Array;
  /** It was not read to its end. */
  readonly open: boolean;
}

export interface Seen {
  readonly stdout?: Brought | undefined;
  readonly stderr?: Brought | undefined;
  readonly exit?: ExecutionExit | undefined;
  /** What it failed with in the place of an exit. */
  readonly failure?: unknown;
  /** What else is wrong. */
  readonly complaints?: readonly string[];
}

type Consume = (stage: Stage) => Promise<Seen>;

/** Every way to use an execution but `run()`, which has a box of its own. */
export const consumers: Record<Exclude<Consumer, "run()">, Consume> = {
  text: async (stage) => {
    const { execution, told } = await start(stage);
    const { stdout, stderr, ...exit } = await execution.text();
    const text = async (written: Uint8Array, delivered: string, name: OutputName): Promise<Brought> => ({
      written: Buffer.from(new TextDecoder().decode(written)),
      delivered: Buffer.from(delivered),
      said: (await told).said[name],
      open: exit.source !== "exit-frame",
    });
    const { run } = stage;
    return {
      exit,
      stdout: await text(run.stdout, stdout, "stdout"),
      stderr: await text(run.stderr, stderr, "stderr"),
    };
  },
  output: readAll,
  verified: readAll,
  "ended by a signal": readAll,
  terminal: (stage) => readAll(stage, { tty: { cols: 80, rows: 24 } }),
  "both streams": (stage) => readStreams(stage, (stream) => read(stream)),
  long: (stage) => readStreams(stage, (stream) => read(stream), { stdin: stage.run.stdin }),
  "a slow reader": (stage) => readStreams(stage, (stream) => read(stream, 2)),
  "stdout alone": async (stage) => {
    const { execution, told } = await start(stage);
    const [delivered, exit] = await Promise.all([read(execution.stdout), execution.exit]);
    await execution[Symbol.asyncDispose]();
    return { exit, stdout: bring(stage, "stdout", delivered, (await told).said, exit) };
  },
  "cancelled half way": async (stage) => {
    const { execution, told } = await start(stage);
    const half = Math.floor(stage.run.stdout.length / 2);
    const [first, second, exit] = await Promise.all([
      readUpTo(execution.stdout, half),
      read(execution.stderr),
      execution.exit,
    ]);
    const { said } = await told;
    return {
      exit,
      stdout: { ...bring(stage, "stdout", first, said, exit), open: true },
      stderr: bring(stage, "stderr", second, said, exit),
    };
  },
  "drop-oldest": async (stage) => {
    const { execution, told } = await start(stage);
    const [stdout, stderr, exit] = await Promise.all([
      read(execution.stdout, 5),
      read(execution.stderr, 5),
      execution.exit,
    ]);
    const { said, dropped } = await told;
    const missing = (name: OutputName, delivered: Uint8Array): Brought | undefined => {
      const brought = bring(stage, name, delivered, said, exit);
      // Where both happen the places are hard to compare, and the others have them.
      const flagged = said[name].some(
        ({ verdict }) => verdict.kind === "gap" || verdict.kind === "ambiguous",
      );
      return flagged ? undefined : { ...brought, written: withoutDropped(brought.written, dropped[name]) };
    };
    return { exit, stdout: missing("stdout", stdout), stderr: missing("stderr", stderr) };
  },
  "detached, attached again": async (stage) => {
    const { box, run } = stage;
    const { execution: first } = await start(stage);
    const reading = readUpTo(first.stdout, Math.floor(run.stdout.length / 3)).catch(() => {});
    if (run.stdout.length > 0) await reading;
    first.detach();
    const end = await endOf(first);
    const complaints =
      end.exit === undefined && !isCode(end.failure, "detached") ? [`detached: ${end.failure}`] : [];
    await first[Symbol.asyncDispose]();
    const execution = await box.attach(first.id, run.follow);
    const told = listen(execution);
    const [stdout, stderr, exit] = await Promise.all([
      read(execution.stdout),
      read(execution.stderr),
      execution.exit,
    ]);
    const { said } = await told;
    return {
      exit,
      complaints,
      stdout: bring(stage, "stdout", stdout, said, exit),
      stderr: bring(stage, "stderr", stderr, said, exit),
    };
  },
  aborted: async (stage) => {
    const abort = new AbortController();
    const reason = new Error("not needed any more");
    const { execution, told } = await start(stage, { signal: abort.signal });
    const stdout = readWhatComes(execution.stdout);
    if (stage.run.stdout.length > 0) await stdout.begun;
    abort.abort(reason);
    const { exit, failure } = await endOf(execution);
    const complaints =
      failure === reason ? [] : [`aborted, and its end is ${failure ?? JSON.stringify(exit)}`];
    const { said } = await told;
    return { failure, complaints, stdout: { ...bring(stage, "stdout", await stdout.all, said), open: true } };
  },
  killed: async (stage) => {
    const { execution, told } = await start(stage);
    const stdout = readWhatComes(execution.stdout);
    if (stage.run.stdout.length > 0) await stdout.begun;
    await execution.kill();
    const { exit, failure } = await endOf(execution);
    const { said } = await told;
    return {
      ...{ exit, failure },
      stdout: { ...bring(stage, "stdout", await stdout.all, said), open: true },
    };
  },
  stdin: async (stage) => {
    const { run, folder } = stage;
    const seen = await readStreams(stage, (stream) => read(stream), { stdin: run.stdin });
    const doubtful = seen.stdinDoubtful;
    // What the process read is known on its side only, where a cut has taken some of it.
    const taken = await readFile(join(folder, "stdin"));
    const complaints =
      doubtful === 0 && Buffer.compare(taken, run.stdin ?? taken) !== 0
        ? [`${taken.length} bytes of stdin arrived, and nothing was said of the others`]
        : [];
    const { stdout } = seen;
    return { ...seen, complaints, stdout: stdout && { ...stdout, written: taken } };
  },
  "never let in": async (stage) => {
    const { execution } = await start(stage);
    const { exit, failure } = await endOf(execution);
    await execution.kill();
    const complaints = isCode(failure, "connection_lost")
      ? []
      : [`never let in, and its end is ${failure ?? JSON.stringify(exit)}`];
    return { failure, complaints };
  },
};

/** One command in a box of its own. */
export async function runAlone(boxlite: BoxLite, { run, longLived }: Omit<Stage, "box">): Promise<Seen> {
  const { stdout, stderr, ...exit } = await boxlite.run({
    ...run.follow,
    image: "alpine:latest",
    command: "sh",
    args: ["-c", run.script],
    ...(run.sharesSignal && { signal: longLived }),
  });
  // Nobody hears its events; what it says of itself has to do.
  const text = (written: Uint8Array, delivered: string): Brought | undefined =>
    exit.complete
      ? {
          written: Buffer.from(new TextDecoder().decode(written)),
          delivered: Buffer.from(delivered),
          said: [],
          open: false,
        }
      : undefined;
  return { exit, stdout: text(run.stdout, stdout), stderr: text(run.stderr, stderr) };
}

/** What the events said. */
interface Told {
  readonly said: Record<OutputName, Said[]>;
  readonly dropped: Record<OutputName, Dropped[]>;
  readonly stdinDoubtful: number;
}

async function start({ box, run, folder, longLived }: Stage, options: ExecOptions = {}) {
  const execution = await box.exec("sh", ["-c", run.script, "sh", join(folder, "stdin")], {
    ...run.follow,
    ...(run.sharesSignal && { signal: longLived }),
    ...options,
  });
  return { execution, told: listen(execution) };
}

async function listen({ events }: Execution): Promise<Told> {
  const said: Told["said"] = { stdout: [], stderr: [] };
  const dropped: Told["dropped"] = { stdout: [], stderr: [] };
  let stdinDoubtful = 0;
  const reader = events.getReader();
  for (;;) {
    const { done, value: event } = await reader
      .read()
      .catch(() => ({ done: true, value: undefined }) as const);
    if (done || event === undefined) return { said, dropped, stdinDoubtful };
    if (event.type === "verdict") said[event.stream].push(event);
    if (event.type === "dropped") dropped[event.stream].push(event);
    if (event.type === "stdin-doubtful") stdinDoubtful += event.bytes;
  }
}

async function readAll(stage: Stage, options: ExecOptions = {}): Promise<Seen> {
  const { execution, told } = await start(stage, options);
  const { stdout, stderr, ...exit } = await execution.output();
  const { said } = await told;
  return {
    exit,
    stdout: bring(stage, "stdout", stdout, said, exit),
    stderr: bring(stage, "stderr", stderr, said, exit),
  };
}

type Reading = (stream: ReadableStream<Uint8Array>) => Promise<Uint8Array>;

async function readStreams(stage: Stage, reading: Reading, options: ExecOptions = {}) {
  const { execution, told } = await start(stage, options);
  const [stdout, stderr, exit] = await Promise.all([
    reading(execution.stdout),
    reading(execution.stderr),
    execution.exit,
  ]);
  const { said, stdinDoubtful } = await told;
  return {
    exit,
    stdinDoubtful,
    stdout: bring(stage, "stdout", stdout, said, exit),
    stderr: bring(stage, "stderr", stderr, said, exit),
  };
}

function bring(
  { run }: Stage,
  name: OutputName,
  delivered: Uint8Array,
  said: Told["said"],
  exit?: ExecutionExit,
): Brought {
  return { delivered, said: said[name], written: run[name], open: exit?.source !== "exit-frame" };
}

/** Reads to the end; a slow one takes its time over each chunk, in milliseconds. */
async function read(stream: ReadableStream<Uint8Array>, slow = 0): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    if (slow > 0) await pause(slow);
  }
  return Buffer.concat(chunks);
}

/** Reads so many bytes, if that many come, and cancels. */
async function readUpTo(stream: ReadableStream<Uint8Array>, bytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  let length = 0;
  while (length < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks);
}

/** Reads until it ends or fails. */
function readWhatComes(stream: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = [];
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const reader = stream.getReader();
  const all = (async () => {
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        chunks.push(next.value);
        begin();
      }
    } catch {
      // Its end is told by `exit`.
    }
    begin();
    return Buffer.concat(chunks);
  })();
  return { begun, all };
}

async function endOf({ exit }: Execution): Promise<Pick<Seen, "exit" | "failure">> {
  try {
    return { exit: await exit };
  } catch (failure) {
    return { failure };
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
