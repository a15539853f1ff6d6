import type { ExecutionExit } from "../attach/exit.ts";

/** All that a command wrote, and how it ended. */
export interface ExecutionOutput extends ExecutionExit {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** {@link ExecutionOutput}, decoded as UTF-8. */
export interface ExecutionText extends ExecutionExit {
  readonly stdout: string;
  readonly stderr: string;
}

interface Followed {
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exit: Promise<ExecutionExit>;
}

export async function readOutput(followed: Followed): Promise<ExecutionOutput> {
  const [stdout, stderr, exit] = await readBoth(followed, readBytes);
  return { ...exit, stdout, stderr };
}

export async function readAsText(followed: Followed): Promise<ExecutionText> {
  const [stdout, stderr, exit] = await readBoth(followed, readText);
  return { ...exit, stdout, stderr };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Reads both at once: a process may fill one while the other is quiet. */
async function readBoth<T>(
  { stdout, stderr, exit }: Followed,
  read: (reader: Reader) => Promise<T>,
): Promise<[T, T, ExecutionExit]> {
  const first = stdout.getReader();
  let second: Reader;
  try {
    second = stderr.getReader();
  } catch (error) {
    first.releaseLock();
    throw error;
  }
  return Promise.all([read(first), read(second), exit]);
}

async function readBytes(reader: Reader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** One decoder per stream: a character may be split between chunks. */
async function readText(reader: Reader): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
}
