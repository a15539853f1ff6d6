import type { OutputName } from "../../src/attach/frames.ts";
import type { StatusReport } from "../../src/attach/status.ts";
import type { Settings } from "./schedule.ts";
import { createServerStream, type ServerStream } from "./server-stream.ts";

/** The server's end of a connection. */
export interface Session {
  /** There may be something to take from the streams. */
  flush(): void;
  /** The process has ended: the exit frame follows the output that is left. */
  finish(code: number): void;
  /** The server gives the connection up. */
  close(code: number): void;
}

/** One execution on a model of both servers: output, status, the one slot, the reaper and what is retained. */
export interface Server {
  readonly streams: Readonly<Record<OutputName, ServerStream>>;
  /** What the process returned, as soon as it has. */
  readonly exitCode: number | null;
  readonly running: boolean;
  readonly gone: boolean;
  write(stream: OutputName, bytes: Uint8Array): void;
  /** The process ends. `tail` is the last it wrote, which arrives a little later. */
  end(code: number): void;
  status(): StatusReport;
  /** Takes the slot; otherwise the HTTP status of the refusal. */
  claim(session: Session): number | null;
  /** The connection of a session is no more; its slot is freed after a while. */
  release(session: Session, after: number): void;
  /** Kills the process and forgets it; whoever is attached gets its exit frame. */
  kill(): void;
  /** Forgets it, and closes all. */
  restart(): void;
}

const ORPHANED_AFTER = 300_000;
const RETAINED = 300_000;

export function createServer(
  settings: Pick<Settings, "dialect" | "capacity" | "liveQueue" | "chunk" | "drainLag">,
  after: (delay: number, callback: () => void) => () => void,
): Server {
  const { dialect, capacity, liveQueue, chunk, drainLag } = settings;
  const createStream = () =>
    createServerStream(dialect, capacity, liveQueue ?? Number.POSITIVE_INFINITY, chunk);
  const streams = { stdout: createStream(), stderr: createStream() };
  let exitCode: number | null = null;
  let drained = false;
  let gone = false;
  let session: Session | null = null;
  let slots = 0;
  let stopReaper = after(ORPHANED_AFTER, orphaned);

  function orphaned(): void {
    // SIGHUP, which the servers report as −1.
    if (exitCode === null && !gone) end(-1);
  }

  function end(code: number): void {
    if (exitCode !== null || gone) return;
    exitCode = code;
    stopReaper();
    if (drainLag === 0) drain();
    else after(drainLag, drain);
  }

  function drain(): void {
    if (gone || exitCode === null) return;
    drained = true;
    session?.finish(exitCode);
    after(RETAINED, () => {
      gone = true;
    });
  }

  return {
    streams,
    get exitCode() {
      return exitCode;
    },
    get running() {
      return exitCode === null && !gone;
    },
    get gone() {
      return gone;
    },
    write(stream, bytes) {
      if (gone || drained) return;
      streams[stream].write(bytes);
      session?.flush();
    },
    end,
    status() {
      if (gone) return { kind: "gone", message: "unknown execution" };
      const over = exitCode !== null && (dialect === "runner" || drained);
      if (!over) return { kind: "running" };
      return { kind: "terminal", status: "completed", exitCode, message: null };
    },
    claim(claiming) {
      if (gone) return 404;
      if (slots > 0) return 409;
      slots = 1;
      session = claiming;
      stopReaper();
      streams.stdout.attach();
      streams.stderr.attach();
      claiming.flush();
      if (drained && exitCode !== null) claiming.finish(exitCode);
      return null;
    },
    release(released, hold) {
      if (session !== released) return;
      session = null;
      streams.stdout.cut();
      streams.stderr.cut();
      const free = () => {
        slots = 0;
        if (exitCode === null && !gone) stopReaper = after(ORPHANED_AFTER, orphaned);
      };
      if (hold === 0) free();
      else after(hold, free);
    },
    kill() {
      if (gone) return;
      gone = true;
      stopReaper();
      exitCode ??= -9;
      session?.finish(exitCode);
    },
    restart() {
      gone = true;
      stopReaper();
      session?.close(1006);
    },
  };
}
