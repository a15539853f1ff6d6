import { attach } from "../../src/attach/attachment.ts";
import type { Clock } from "../../src/attach/clock.ts";
import type { ExecutionEvent } from "../../src/attach/events.ts";
import { type ExecutionExit, endingOf } from "../../src/attach/exit.ts";
import type { OutputName, TerminalSize } from "../../src/attach/frames.ts";
import { createPump } from "../../src/attach/pump.ts";
import type { StatusProbe } from "../../src/attach/status.ts";
import type { Transport } from "../../src/attach/transport.ts";
import type { Consumer, Settings } from "./schedule.ts";

/** How an execution ended for its user. */
export type Result =
  | { readonly kind: "exit"; readonly exit: ExecutionExit }
  | { readonly kind: "failed"; readonly error: unknown };

/** What the user of an execution gets to see. */
export interface FollowerWatch {
  bytes(stream: OutputName, bytes: Uint8Array): void;
  /** The stream is over; a failure brings its error. */
  streamEnd(stream: OutputName, error: unknown): void;
  event(event: ExecutionEvent): void;
  settled(result: Result): void;
}

/** The code under test, at one of its two levels. */
export interface Follower {
  /** Whether what a step did shows only after a turn of the event loop. */
  readonly asynchronous: boolean;
  resize(size: TerminalSize): void;
  write(bytes: Uint8Array): void;
  closeStdin(): void;
  killed(): void;
  detach(): void;
  abort(reason: unknown): void;
  /** Those that wait with reading, or did not want to, read on; those that cancel do. */
  read(stream: OutputName, how: "chunk" | "rest" | "cancel"): void;
}

export interface Surroundings {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly probe: StatusProbe;
  readonly clock: Clock;
  readonly watch: FollowerWatch;
}

export function follow(surroundings: Surroundings): Follower {
  return surroundings.settings.level === "pump" ? followByPump(surroundings) : followWhole(surroundings);
}

/** The pump, without streams: what it emits has been read. */
function followByPump({ settings, transport, probe, clock, watch }: Surroundings): Follower {
  let stdinClosed = false;
  let writes: Promise<unknown> = Promise.resolve();
  function close(error: unknown): void {
    watch.streamEnd("stdout", error);
    watch.streamEnd("stderr", error);
  }
  const pump = createPump(
    {
      transport,
      probe,
      clock,
      size: null,
      ambiguity: settings.ambiguity,
      backlogBytes: settings.capacity,
      options: {
        reconnectBudget: settings.reconnectBudget,
        backoffBase: 100,
        backoffCap: 4_000,
        openTimeout: 10_000,
        silence: settings.liveness ? 20_000 : null,
        inBandProbe: true,
        statusProbe: true,
        answerTimeout: 10_000,
        exitGrace: 5_000,
        verify: settings.verify,
      },
    },
    {
      emit: watch.bytes,
      report: watch.event,
      finish({ status, exitCode, source, complete, message }) {
        const delivered = { stdout: pump.delivered("stdout"), stderr: pump.delivered("stderr") };
        const exit = { ...endingOf(status, exitCode), source, complete, delivered, message };
        close(undefined);
        watch.event({ type: "exit", exit });
        watch.settled({ kind: "exit", exit });
      },
      fail(failure) {
        const error = failure.kind === "aborted" ? failure.reason : `Error: ${failure.kind}`;
        close(error);
        watch.event({ type: "failed", message: failure.kind });
        watch.settled({ kind: "failed", error });
      },
    },
  );
  pump.start();
  return {
    asynchronous: false,
    resize: pump.resize,
    write(bytes) {
      if (stdinClosed) return;
      writes = writes
        .then(pump.ready)
        .then(() => pump.send(bytes))
        .catch(() => {});
    },
    closeStdin() {
      stdinClosed = true;
      writes = writes.then(pump.eof);
    },
    killed: pump.killed,
    detach: pump.detach,
    abort: pump.abort,
    read() {},
  };
}

/** All of it: streams, promises and options as a user has them. */
function followWhole({ settings, transport, probe, clock, watch }: Surroundings): Follower {
  const { ambiguity, verify, strict, liveness, reconnectBudget, maxBufferedBytes, consumers } = settings;
  const attachment = attach({
    ...{ transport, probe, clock, subject: "execution e1 of box b1" },
    ...{ ambiguity, verify, strict, reconnectBudget, maxBufferedBytes },
    ...(liveness ? {} : { liveness: false }),
  });
  const readers = {
    stdout: createReader("stdout", attachment.stdout, consumers.stdout, watch),
    stderr: createReader("stderr", attachment.stderr, consumers.stderr, watch),
  };
  const stdin = attachment.stdin.getWriter();
  stdin.closed.catch(() => {});
  stdin.ready.catch(() => {});
  let stdinClosed = false;
  attachment.exit.then(
    (exit) => watch.settled({ kind: "exit", exit }),
    (error: unknown) => watch.settled({ kind: "failed", error }),
  );
  void readEvents(attachment.events.getReader(), watch);
  return {
    asynchronous: true,
    resize: attachment.resize,
    write(bytes) {
      if (!stdinClosed) stdin.write(bytes).catch(() => {});
    },
    closeStdin() {
      if (!stdinClosed) stdin.close().catch(() => {});
      stdinClosed = true;
    },
    killed: attachment.killed,
    detach: attachment.detach,
    abort: attachment.abort,
    read: (stream, how) => readers[stream](how),
  };
}

async function readEvents(
  reader: ReadableStreamDefaultReader<ExecutionEvent>,
  watch: FollowerWatch,
): Promise<void> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) watch.event(next.value);
}

function createReader(
  name: OutputName,
  stream: ReadableStream<Uint8Array>,
  consumer: Consumer,
  watch: FollowerWatch,
): (how: "chunk" | "rest" | "cancel") => void {
  const reader = stream.getReader();
  let mode: "waiting" | "one" | "all" = consumer === "eager" ? "all" : "waiting";
  let reading = false;
  let over = false;

  function end(error: unknown): void {
    if (over) return;
    over = true;
    watch.streamEnd(name, error);
  }

  function read(): void {
    if (reading || over || mode === "waiting") return;
    reading = true;
    if (mode === "one") mode = "waiting";
    reader.read().then(({ done, value }) => {
      reading = false;
      if (done) {
        end(undefined);
        return;
      }
      watch.bytes(name, value);
      read();
    }, end);
  }

  read();
  return (how) => {
    if (how === "cancel") {
      mode = "waiting";
      over = true;
      reader.cancel().catch(() => {});
      watch.streamEnd(name, undefined);
      return;
    }
    if (mode !== "all") mode = how === "rest" ? "all" : "one";
    read();
  };
}
