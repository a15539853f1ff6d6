import type { Pace } from "./pace.ts";

/** A process on this machine with its streams, with or without a terminal. */
export interface HostProcess {
  /** Signals it and those it has started, as a process group. Returns false when nobody is left to be signalled. */
  signal(signal: number): boolean;
  /** 0–255, or −N when signal N ended it. */
  readonly exited: Promise<number>;
  /** Settles when all output has been read, which a background process can delay for long after the exit. */
  readonly outputEnded: Promise<void>;
  readonly stdinClosed: boolean;
  /** Returns false when the process is slow to read: wait for `whenStdinDrained` before the next. */
  writeStdin(bytes: Uint8Array): boolean;
  whenStdinDrained(): Promise<void>;
  closeStdin(): void;
  /** Undefined when there is no terminal. */
  readonly resize: ((cols: number, rows: number) => void) | undefined;
  /** Stops waiting for the output's end, and for the exit: its code is then −1. */
  abandon(): void;
}

export interface OutputSink {
  stdout(chunk: Uint8Array): void;
  stderr(chunk: Uint8Array): void;
  /** How fast it is to be read on. */
  readonly pace: () => Pace;
}

/** What the guest agent reads at once, and so the largest live frame. */
export const GUEST_READ_BYTES = 1024;

/** Signals a process, or with a negative id a process group. Returns false when there is none. */
export function deliver(pid: number, signal: number): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Gone, or (EPERM) no longer ours because it has changed its user.
    if (code === "ESRCH" || code === "EPERM") return false;
    throw error;
  }
}
