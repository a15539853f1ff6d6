import type { Box } from "boxlite-web";

export interface ToolResult {
  /** Null when a signal ended the command, or nobody knows its code. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly output: string;
}

/** What a language model is told of a shell command: how it ended, and the beginning and the end of what it wrote. */
export async function runTool(
  box: Box,
  command: string,
  { timeout = 60_000, maxLength = 20_000, signal }: ToolOptions = {},
): Promise<ToolResult> {
  const started = performance.now();
  // The server ends the command, also when this program is gone. An empty stdin: nobody is there to answer.
  const args = ["-c", `exec 2>&1\n${command}`];
  const execution = await box.exec("sh", args, { timeout, signal, stdin: "" });
  const output = await shortened(execution.stdout, maxLength);
  const { outcome, exitCode, signal: endedBy } = await execution.exit;
  // Most servers report a timeout as the signal by which they ended the command.
  const late = endedBy !== null && performance.now() - started >= timeout;
  return {
    exitCode: outcome === "exited" ? exitCode : null,
    timedOut: outcome === "timed_out" || late,
    output,
  };
}

export interface ToolOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  /** Characters of output that are kept. */
  readonly maxLength?: number;
  /** Aborting kills the command. */
  readonly signal?: AbortSignal;
}

/** Reads a stream to its end, and keeps no more of it than is returned. */
async function shortened(stream: ReadableStream<Uint8Array<ArrayBuffer>>, maxLength: number) {
  const half = Math.ceil(maxLength / 2);
  let [head, tail, leftOut] = ["", "", 0];
  const keep = (text: string) => {
    const room = half - head.length;
    head += text.slice(0, room);
    const all = tail + text.slice(room);
    tail = all.slice(Math.max(0, all.length - half));
    leftOut += all.length - tail.length;
  };
  await stream.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write: keep }));
  return leftOut === 0 ? head + tail : `${head}\n[${leftOut} characters left out]\n${tail}`;
}
