import { closeSync, constants, openSync } from "node:fs";
import type { ResolvedCommand } from "./command.ts";
import { deliver, GUEST_READ_BYTES, type HostProcess, type OutputSink } from "./host-process.ts";
import { PAUSE } from "./pace.ts";
import { createStdinQueue } from "./stdin-queue.ts";
import { createTerminalInput, type TerminalDescriptor } from "./terminal-input.ts";
import { readToTheEnd } from "./terminal-rest.ts";

/** What of node-pty is used here: its own declarations leave out that it takes and gives bytes. */
interface Pty extends TerminalDescriptor {
  readonly pid: number;
  /** The path of the terminal, where terminals have one. */
  readonly ptsName?: string;
  readonly onData: (listener: (data: unknown) => void) => void;
  readonly onExit: (listener: (exit: { exitCode: number; signal?: number }) => void) => void;
  write(data: string | Uint8Array): void;
  resize(cols: number, rows: number): void;
  pause(): void;
  resume(): void;
}

const END_OF_TRANSMISSION = "\x04";

/**
 * Starts a process on a terminal of its own, 80 by 24 until it is resized. All output is on stdout.
 *
 * @throws Error that says what to install when the optional peer `@lydell/node-pty` is missing.
 */
export async function startOnTerminal(command: ResolvedCommand, sink: OutputSink): Promise<HostProcess> {
  const { spawn } = await loadNodePty();
  const pty: Pty = spawn(command.file, [...command.args], {
    cwd: command.cwd,
    env: command.env,
    name: command.env.TERM ?? "xterm-256color",
    cols: 80,
    rows: 24,
    encoding: null,
  });
  const release = holdTerminal(pty.ptsName);
  let ended = false;
  const abandoned = new AbortController();
  const exited = new Promise<number>((resolve) => {
    // node-pty reports the exit after the terminal's last output.
    pty.onExit(({ exitCode, signal }) => {
      ended = true;
      release();
      resolve(signal === undefined || signal === 0 ? exitCode : -signal);
    });
    abandoned.signal.addEventListener("abort", () => resolve(-1));
  });
  const handOut = (data: Uint8Array) => {
    for (let at = 0; at < data.length; at += GUEST_READ_BYTES) {
      sink.stdout(data.subarray(at, at + GUEST_READ_BYTES));
    }
  };
  readToTheEnd(pty, handOut);
  pty.onData((data) => {
    if (!(data instanceof Uint8Array)) return;
    handOut(data);
    if (sink.pace() === "fast") return;
    const resume = () => {
      if (ended) return;
      if (sink.pace() === "hold") setTimeout(resume, PAUSE);
      else pty.resume();
    };
    pty.pause();
    setImmediate(resume);
  });
  const input = createTerminalInput(pty);
  const stdin = input && createStdinQueue(input);
  return {
    // Just started, it is not yet the leader of a group.
    signal: (signal) => !ended && (deliver(-pty.pid, signal) || deliver(pty.pid, signal)),
    exited,
    outputEnded: exited.then(() => {}),
    get stdinClosed() {
      return ended;
    },
    writeStdin(bytes) {
      if (stdin !== undefined) return stdin.write(bytes);
      pty.write(bytes);
      return true;
    },
    whenStdinDrained: async () => stdin?.drained(),
    // A terminal has no end of file of its own: this is what ^D sends, heard where lines are read.
    closeStdin: () => void (input ?? pty).write(END_OF_TRANSMISSION),
    resize: (cols, rows) => pty.resize(cols, rows),
    abandon: () => abandoned.abort(),
  };
}

/**
 * Keeps the terminal's other side open until the process has ended. When nobody has it open any more, the event loop
 * takes the next short read for the last and throws away what the kernel still holds: more than half of the commands
 * that write 100 kB and exit lose some. The price is that node-pty reports the exit 200 ms late.
 */
function holdTerminal(path: string | undefined): () => void {
  if (path === undefined) return () => {};
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  return () => closeSync(descriptor);
}

async function loadNodePty() {
  try {
    return await import("@lydell/node-pty");
  } catch (cause) {
    throw new Error(
      'tty: true needs the package "@lydell/node-pty": install it beside boxlite-web (npm install @lydell/node-pty)',
      { cause },
    );
  }
}
