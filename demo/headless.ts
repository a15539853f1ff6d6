import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { BoxLite, type ExecutionEvent, type ExecutionExit, type OutputName } from "boxlite-web";
import type { FaultProxy } from "boxlite-web/testing";
import type { HeadlessRequest } from "./arguments.ts";
import { eventText } from "./event-text.ts";
import { execRecorded, measureRecording } from "./recording.ts";
import { startStage } from "./stage.ts";
import { compare, type Received, type StreamVerdict } from "./verdict.ts";

export interface HeadlessTerminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the user wants it to end. */
  readonly interrupt: AbortSignal;
}

const RECORDING = ".recording";

/**
 * Runs one command line over a network that breaks. The command's output goes to the terminal's two streams, the account
 * of it to stderr, in lines that begin with `demo: `. Resolves with the command's code: 128 + n for signal n, 1 when
 * the end is not known.
 */
export async function runHeadless(request: HeadlessRequest, terminal: HeadlessTerminal): Promise<number> {
  const { stdout, stderr, interrupt: signal } = terminal;
  const say = (text: string) => stderr.write(`demo: ${text}\n`);
  try {
    await using stage = await startStage(request.dialect);
    const { proxy, server } = stage;
    const boxlite = new BoxLite({ baseUrl: proxy.url, token: server.token });
    const box = await boxlite.boxes.create({ image: "alpine:latest", signal });
    await using execution = await execRecorded(box, RECORDING, request.commandLine, { signal });
    const cutter = createCutter(proxy, request.cutEvery);
    const [out, err, exit] = await Promise.all([
      forward(execution.stdout, stdout, cutter.delivered),
      forward(execution.stderr, stderr, cutter.delivered),
      execution.exit,
      followEvents(execution.events, say),
    ]);
    const recording = await measureRecording(box, RECORDING).catch(messageOf);
    const verdicts = compare({ stdout: out, stderr: err }, recording, exit);
    say(`cuts: ${cutter.count()}`);
    reportStream("stdout", verdicts.stdout, say);
    reportStream("stderr", verdicts.stderr, say);
    return exitCodeOf(exit);
  } catch (error) {
    say(signal.aborted ? "interrupted: the command was killed" : messageOf(error));
    return signal.aborted ? 130 : 1;
  }
}

/** Passes a stream on, no faster than it is taken, and measures it. */
async function forward(
  stream: ReadableStream<Uint8Array>,
  sink: Writable,
  delivered: (bytes: number) => void,
): Promise<Received> {
  const hash = createHash("sha256");
  const reader = stream.getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes, sha256: hash.digest("hex") };
    bytes += value.length;
    hash.update(value);
    if (!sink.write(value)) await once(sink, "drain");
    delivered(value.length);
  }
}

/** Severs the connection each time another `every` bytes have been delivered; 0: never. */
function createCutter(proxy: FaultProxy, every: number) {
  let delivered = 0;
  let next = every;
  let cuts = 0;
  return {
    delivered(bytes: number): void {
      delivered += bytes;
      if (every === 0 || delivered < next) return;
      next = delivered + every;
      cuts += proxy.cut();
    },
    count: () => cuts,
  };
}

async function followEvents(
  events: ReadableStream<ExecutionEvent>,
  say: (text: string) => void,
): Promise<void> {
  const started = performance.now();
  const reader = events.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const seconds = (performance.now() - started) / 1000;
    say(`${seconds.toFixed(3).padStart(7)} s  ${eventText(value)}`);
  }
}

function reportStream(name: OutputName, verdict: StreamVerdict, say: (text: string) => void): void {
  const { received, written, reason } = verdict;
  say(`${name}: received ${received.bytes} bytes, SHA-256 ${received.sha256}`);
  if (written !== null) say(`${name}: written  ${written.bytes} bytes, SHA-256 ${written.sha256}`);
  say(`${name}: ${verdict.verdict}${reason === "" ? "" : `: ${reason}`}`);
}

function exitCodeOf({ exitCode, signal }: ExecutionExit): number {
  return signal === null ? (exitCode ?? 1) & 0xff : 128 + signal;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
