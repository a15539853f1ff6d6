import { LIVENESS_PROBE, type OutputName } from "../../src/attach/frames.ts";
import type { StatusProbe, StatusReport } from "../../src/attach/status.ts";
import type { ConnectionHandlers, Disconnect, Transport } from "../../src/attach/transport.ts";
import type { Action, Refusal, Settings } from "./schedule.ts";
import type { Server, Session } from "./server.ts";
import type { Span } from "./server-stream.ts";

/** Whoever watches the network, to know the truth. */
export interface NetworkWatch {
  /** The client opens a connection; what it had before is done. */
  opening(): void;
  received(stream: OutputName, span: Span): void;
  sent(data: Uint8Array | string): void;
  /** The client will only know after a turn of the event loop. */
  answered(): void;
}

export type Fault = Extract<
  Action,
  {
    kind:
      | "cut"
      | "cutAfter"
      | "pauseAfter"
      | "halfOpen"
      | "stall"
      | "refuse"
      | "probeFault"
      | "swallowExit"
      | "noise";
  }
>;

/** The network between the client and the server, with its faults. */
export interface Network {
  readonly transport: Transport;
  readonly probe: StatusProbe;
  /** Connections and status requests that the client has not let go of. */
  readonly leftovers: number;
  readonly attached: boolean;
  /** When the last trouble that explains a silence ended; infinite while it lasts. */
  readonly impairedUntil: number;
  fault(fault: Fault): void;
  /** From now on nothing reaches the server. */
  goDown(): void;
}

type Item =
  | { readonly kind: "span"; readonly due: number; readonly stream: OutputName; readonly span: Span }
  | { readonly kind: "text"; readonly due: number; readonly text: string | Uint8Array }
  | { readonly kind: "closed"; readonly due: number; readonly code: number };

interface Link {
  readonly handlers: ConnectionHandlers;
  readonly session: Session;
  phase: "opening" | "open" | "half-open" | "closed";
  readonly inFlight: Item[];
  delivered: number;
  armed: boolean;
  cut: { frames: number; readonly code: number } | null;
  pause: { frames: number; readonly lasts: number } | null;
  exit: number | null;
}

export interface NetworkClock {
  now(): number;
  after(delay: number, callback: () => void): () => void;
}

const CHANNELS = { stdout: 1, stderr: 2 } as const;

/** Messages are pieces of larger blocks: a buffer of its own for each would be most of what is made and collected. */
const BLOCK = 65_536;
let block = new Uint8Array(BLOCK);
let used = 0;

/** Never the same piece twice. */
function allocate(size: number): Uint8Array {
  if (size > BLOCK / 4) return new Uint8Array(size);
  if (used + size > BLOCK) {
    block = new Uint8Array(BLOCK);
    used = 0;
  }
  used += size;
  return block.subarray(used - size, used);
}

/** How long the runner waits for a slow client after the end of the process. */
const RUNNER_DRAIN = 2_000;

export function createNetwork(
  settings: Settings,
  server: Server,
  clock: NetworkClock,
  watch: NetworkWatch,
): Network {
  const { latency, slotHold, dialect } = settings;
  let current: Link | null = null;
  let stalledUntil = 0;
  let impairedUntil = 0;
  let down = false;
  let cutNext: Link["cut"] = null;
  let pauseNext: Link["pause"] = null;
  let swallow = 0;
  const refusals: Refusal[] = [];
  const probeFaults: ("unavailable" | "denied" | "slow")[] = [];
  const asked = new Set<AbortSignal>();

  function open(handlers: ConnectionHandlers): Link {
    const link: Link = {
      handlers,
      session: {
        flush: () => flush(link),
        finish: (code) => finish(link, code),
        close: (code) => push(link, { kind: "closed", due: clock.now() + latency, code }),
      },
      phase: "opening",
      inFlight: [],
      delivered: 0,
      armed: false,
      cut: null,
      pause: null,
      exit: null,
    };
    clock.after(2 * latency, () => answer(link));
    return link;
  }

  /** The handshake's answer. */
  function answer(link: Link): void {
    if (link.phase !== "opening") return;
    const refusal = down ? "failed" : (refusals.shift() ?? server.claim(link.session));
    if (refusal === null) {
      link.phase = "open";
      if (cutNext !== null) {
        link.cut = cutNext;
        cutNext = null;
      }
      if (pauseNext !== null) {
        link.pause = pauseNext;
        pauseNext = null;
      }
      link.handlers.opened();
    } else if (refusal !== "unanswered") {
      const message = "as the schedule has it";
      close(
        link,
        refusal === "failed"
          ? { kind: "failed", message }
          : { kind: "refused", status: Number(refusal), message },
      );
    }
  }

  function close(link: Link, cause: Disconnect): void {
    if (link.phase === "closed") return;
    link.phase = "closed";
    if (current === link) current = null;
    link.handlers.closed(cause);
  }

  /** The server's side of it is over, too. */
  function closeOpen(link: Link, code: number): void {
    if (link.phase === "closed" || link.phase === "opening") return;
    // What the server closes itself is free at once; of a cut it learns later.
    server.release(link.session, code === 1006 ? slotHold : 0);
    close(link, { kind: "closed", code, message: "" });
  }

  function push(link: Link, item: Item): void {
    if (link.phase === "half-open" || link.phase === "closed") return;
    link.inFlight.push(item);
    arm(link);
  }

  /** Takes from the server's streams what fits, which is all but for a stalled network. */
  function flush(link: Link): void {
    const now = clock.now();
    if (now < stalledUntil || link.phase === "half-open") return;
    const due = now + latency;
    for (const stream of ["stdout", "stderr"] as const) {
      for (let span = server.streams[stream].next(); span; span = server.streams[stream].next()) {
        push(link, { kind: "span", due, stream, span });
      }
    }
    if (link.exit !== null) {
      const text = JSON.stringify({ type: "exit", exit_code: link.exit });
      link.exit = null;
      if (swallow > 0) swallow -= 1;
      else push(link, { kind: "text", due, text });
      push(link, { kind: "closed", due, code: dialect === "runner" ? 1000 : 1005 });
    }
  }

  function finish(link: Link, code: number): void {
    link.exit = code;
    if (dialect === "runner" && stalledUntil - clock.now() > RUNNER_DRAIN) {
      clock.after(RUNNER_DRAIN, () => {
        if (link.exit === null) return;
        link.exit = null;
        push(link, { kind: "closed", due: Math.max(clock.now(), stalledUntil) + latency, code: 1011 });
      });
      return;
    }
    flush(link);
  }

  function arm(link: Link): void {
    const first = link.inFlight[link.delivered];
    // Before the handshake's answer nothing arrives; opening arms it.
    if (link.armed || first === undefined) return;
    link.armed = true;
    clock.after(Math.max(0, first.due - clock.now()), () => deliver(link));
  }

  /** Delivers all that is due: output in one go, and each text and the end in a step of its own. */
  function deliver(link: Link): void {
    link.armed = false;
    const now = clock.now();
    for (let before = 0; link.phase === "open"; before += 1) {
      const item = link.inFlight[link.delivered];
      if (item === undefined || item.due > now) break;
      if (item.kind !== "span" && before > 0) break;
      if (link.cut !== null && link.cut.frames === 0) {
        // The step before has delivered the last frame that came through.
        if (before > 0) break;
        closeOpen(link, link.cut.code);
        return;
      }
      if (link.pause !== null && link.pause.frames === 0) {
        // As with a cut.
        if (before > 0) break;
        pause(link, link.pause.lasts);
        return;
      }
      link.delivered += 1;
      if (link.pause !== null) link.pause.frames -= 1;
      if (link.cut !== null) link.cut.frames -= 1;
      if (item.kind === "span") deliverSpan(link, item.stream, item.span);
      else if (item.kind === "text") link.handlers.message(item.text);
      else closeOpen(link, item.code);
      if (item.kind !== "span") break;
    }
    if (link.phase === "open") arm(link);
  }

  function pause(link: Link, lasts: number): void {
    link.pause = null;
    link.armed = true;
    impairedUntil = Math.max(impairedUntil, clock.now() + lasts + latency);
    clock.after(lasts, () => deliver(link));
  }

  function deliverSpan(link: Link, stream: OutputName, { start, end }: Span): void {
    const message = allocate(1 + end - start);
    message[0] = CHANNELS[stream];
    message.set(server.streams[stream].written.subarray(start, end), 1);
    watch.received(stream, { start, end });
    link.handlers.message(message);
  }

  function receive(link: Link, data: Uint8Array | string): void {
    if (link.phase !== "open") return;
    watch.sent(data);
    if (data !== LIVENESS_PROBE || !settings.answersProbes) return;
    const type = JSON.stringify(JSON.parse(LIVENESS_PROBE).type);
    const due = Math.max(clock.now(), stalledUntil) + latency;
    push(link, {
      kind: "text",
      due,
      text: JSON.stringify({ type: "error", message: `unknown control type ${type}` }),
    });
  }

  function discard(link: Link): void {
    const { phase } = link;
    if (phase === "closed") return;
    link.phase = "closed";
    if (current === link) current = null;
    if (phase === "opening") return;
    if (phase === "half-open") server.release(link.session, slotHold);
    else clock.after(latency, () => server.release(link.session, 0));
  }

  function report(): StatusReport {
    const fault = down ? "unavailable" : probeFaults.shift();
    if (fault === "unavailable") return { kind: "unavailable", message: "503" };
    if (fault === "denied") return { kind: "denied", message: "401" };
    return server.status();
  }

  return {
    transport: {
      open(handlers) {
        watch.opening();
        const link = open(handlers);
        current = link;
        return {
          send(data) {
            if (link.phase === "open") clock.after(latency, () => receive(link, data));
          },
          writable: () => Promise.resolve(),
          discard: () => discard(link),
        };
      },
    },
    probe(signal) {
      asked.add(signal);
      const delay = probeFaults[0] === "slow" ? 4_000 : 2 * latency;
      return new Promise((resolve) => {
        clock.after(delay, () => {
          asked.delete(signal);
          if (signal.aborted) return;
          watch.answered();
          resolve(report());
        });
      });
    },
    get leftovers() {
      let open = current === null ? 0 : 1;
      for (const signal of asked) if (!signal.aborted) open += 1;
      return open;
    },
    get attached() {
      return current?.phase === "open";
    },
    get impairedUntil() {
      return impairedUntil;
    },
    fault(action) {
      const link = current;
      switch (action.kind) {
        case "cut":
          if (link !== null) closeOpen(link, action.code);
          break;
        case "cutAfter": {
          const cut = { frames: action.frames, code: action.code };
          if (link?.phase === "open" && link.cut === null) link.cut = cut;
          else cutNext = cut;
          break;
        }
        case "pauseAfter": {
          const pause = { frames: action.frames, lasts: action.lasts };
          if (link?.phase === "open" && link.pause === null) link.pause = pause;
          else pauseNext = pause;
          break;
        }
        case "halfOpen": {
          if (link?.phase !== "open") break;
          link.phase = "half-open";
          // In the end the platform notices by itself; without checks, nothing else does.
          clock.after(action.lasts, () => {
            if (link.phase === "half-open") closeOpen(link, 1006);
          });
          impairedUntil = Math.max(impairedUntil, clock.now() + action.lasts);
          break;
        }
        case "stall":
          stalledUntil = Math.max(stalledUntil, clock.now() + action.lasts);
          impairedUntil = Math.max(impairedUntil, stalledUntil + latency);
          clock.after(action.lasts, () => {
            if (current?.phase === "open") flush(current);
          });
          break;
        case "refuse":
          for (let time = 0; time < action.count; time += 1) refusals.push(action.how);
          break;
        case "probeFault":
          for (let time = 0; time < action.count; time += 1) probeFaults.push(action.how);
          break;
        case "swallowExit":
          swallow += action.count;
          break;
        case "noise":
          if (link?.phase === "open")
            push(link, { kind: "text", due: clock.now() + latency, text: NOISE[action.what] });
          break;
      }
    },
    goDown() {
      down = true;
      impairedUntil = Number.POSITIVE_INFINITY;
      if (current !== null) closeOpen(current, 1006);
    },
  };
}

const NOISE = {
  error: JSON.stringify({ type: "error", message: "invalid signal: 99" }),
  unknown: JSON.stringify({ type: "news", text: "of the future" }),
  empty: new Uint8Array(0),
  channel: new Uint8Array([9, 1, 2, 3]),
} as const;
