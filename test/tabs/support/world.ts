import type { ExecutionEvent } from "../../../src/attach/events.ts";
import { LIVENESS_PROBE, type OutputName } from "../../../src/attach/frames.ts";
import type { Pump } from "../../../src/attach/pump.ts";
import type { Conclusion, Failure } from "../../../src/attach/reducer/state.ts";
import type { ConnectionHandlers, Transport } from "../../../src/attach/transport.ts";
import { createSharedPump } from "../../../src/tabs/shared-pump.ts";
import { createRandom, type Random } from "../../chaos/random.ts";
import { createServer, type Server, type Session } from "../../simulation/server.ts";
import type { Dialect } from "../../simulation/server-stream.ts";
import { createOrigin, type Origin, type OriginTab } from "./origin.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";

/** A tab with its handle of the execution. */
export interface Tab {
  readonly page: OriginTab;
  readonly pump: Pump;
  readonly received: Readonly<Record<OutputName, number[]>>;
  readonly events: ExecutionEvent[];
  readonly role: "leader" | "follower" | null;
  readonly end: Conclusion | Failure | null;
  /** Connections that it has opened and not let go of. */
  readonly connections: number;
}

export interface World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly origin: Origin;
  readonly server: Server;
  readonly tabs: Tab[];
  /** What the server got, in order. */
  readonly input: (string | Uint8Array)[];
  open(): Tab;
  /** Its connection breaks. */
  cut(tab: Tab): void;
  /** As by a crash: nothing is said to anybody. */
  crash(tab: Tab): void;
  /** As the browser does it: the page is told before. */
  freeze(tab: Tab): void;
  /** As by an endless loop, or a debugger: the page is told nothing, and the browser keeps its connection. */
  hang(tab: Tab): void;
  /** After `freeze` or `hang`. */
  goOn(tab: Tab): void;
  /** The one that leads, of those that run. */
  leader(): Tab | undefined;
  /** Runs what is to be done now. */
  drain(): Promise<void>;
  /** Runs, and lets time pass, until something is so. */
  until(what: string, condition: () => boolean): Promise<void>;
}

const SYSTEM = { state: "running" } as const;
export const CAPACITY = 16 * 1024;
const CHANNELS = { stdout: 1, stderr: 2 } as const;

export function createWorld(seed: number, dialect: Dialect): World {
  const random = createRandom(seed);
  const scheduler = createScheduler(random);
  const origin = createOrigin(scheduler);
  const system = (delay: number, callback: () => void) => scheduler.after(SYSTEM, delay, callback);
  const server = createServer(
    { dialect, capacity: CAPACITY, liveQueue: null, chunk: 256, drainLag: 0 },
    system,
  );
  const tabs: Tab[] = [];
  const input: (string | Uint8Array)[] = [];

  function transportOf(page: OriginTab, connections: Map<object, Link>): Transport {
    return {
      open(handlers) {
        const closed: ConnectionHandlers["closed"] = (cause) => {
          connections.delete(connection);
          handlers.closed(cause);
        };
        const connection = connect(server, scheduler, page, { ...handlers, closed });
        connections.set(connection, connection);
        return {
          send(data) {
            if (connection.isOpen && data !== LIVENESS_PROBE) input.push(data);
            if (connection.isOpen && data === LIVENESS_PROBE) connection.answerProbe();
          },
          writable: () => Promise.resolve(),
          discard() {
            connections.delete(connection);
            connection.discard();
          },
        };
      },
    };
  }

  const links = new Map<Tab, ReadonlyMap<object, Link>>();

  function open(): Tab {
    const page: OriginTab = { id: `tab-${tabs.length}`, loop: { state: "running" }, lifecycle: null };
    const connections = new Map<object, Link>();
    const events: ExecutionEvent[] = [];
    const received = { stdout: [] as number[], stderr: [] as number[] };
    let end: Conclusion | Failure | null = null;
    const pump = createSharedPump(
      {
        transport: transportOf(page, connections),
        probe: async () => server.status(),
        clock: scheduler.clock(page.loop),
        options: {
          reconnectBudget: 240_000,
          backoffBase: 100,
          backoffCap: 4_000,
          openTimeout: 10_000,
          silence: 20_000,
          inBandProbe: true,
          statusProbe: true,
          answerTimeout: 10_000,
          exitGrace: 5_000,
          verify: false,
        },
        size: null,
        ambiguity: "repeat",
        backlogBytes: CAPACITY,
      },
      {
        emit: (stream, bytes) => received[stream].push(...bytes),
        report: (event) => events.push(event),
        finish(conclusion) {
          if (end !== null) throw new Error("a second end");
          end = conclusion;
        },
        fail(failure) {
          if (end !== null) throw new Error("a second end");
          end = failure;
        },
      },
      origin.platform(page),
      "the lock",
    );
    const tab: Tab = {
      page,
      pump,
      received,
      events,
      get role() {
        return events.findLast((event) => event.type === "role")?.role ?? null;
      },
      get end() {
        return end;
      },
      get connections() {
        return connections.size;
      },
    };
    tabs.push(tab);
    links.set(tab, connections);
    pump.start();
    return tab;
  }

  return {
    random,
    scheduler,
    origin,
    server,
    tabs,
    input,
    open,
    cut(tab) {
      for (const link of links.get(tab)?.values() ?? []) link.cut();
    },
    crash(tab) {
      tab.page.loop.state = "dead";
      origin.close(tab.page);
      for (const link of links.get(tab)?.values() ?? []) link.lose();
    },
    freeze(tab) {
      tab.page.lifecycle?.away();
      tab.page.loop.state = "stopped";
    },
    hang(tab) {
      tab.page.loop.state = "stopped";
    },
    goOn(tab) {
      tab.page.loop.state = "running";
      tab.page.lifecycle?.back();
    },
    leader: () =>
      tabs.find((tab) => tab.page.loop.state === "running" && tab.role === "leader" && tab.end === null),
    async drain() {
      while (await scheduler.step(false));
    },
    async until(what, condition) {
      for (let steps = 0; !condition(); steps += 1) {
        if (steps > 200_000 || !(await scheduler.step(true)))
          throw new Error(`seed ${seed}: it never came to pass that ${what}`);
      }
    },
  };
}

interface Link {
  /** Both ends hear of it. */
  cut(): void;
  /** The tab's end is gone with the tab. */
  lose(): void;
}

/** One connection, with a slot on the server that is freed a little after its end. */
function connect(server: Server, scheduler: Scheduler, page: OriginTab, handlers: ConnectionHandlers) {
  const pipe = {};
  let phase: "opening" | "open" | "closed" = "opening";
  let heard = true;
  const deliver = (task: () => void) =>
    scheduler.post(pipe, page.loop, () => {
      if (heard) task();
    });

  const session: Session = {
    flush() {
      for (const stream of ["stdout", "stderr"] as const) {
        for (let bytes = server.streams[stream].take(); bytes; bytes = server.streams[stream].take()) {
          const frame = new Uint8Array(bytes.length + 1);
          frame[0] = CHANNELS[stream];
          frame.set(bytes, 1);
          deliver(() => handlers.message(frame));
        }
      }
    },
    finish(code) {
      session.flush();
      deliver(() => handlers.message(JSON.stringify({ type: "exit", exit_code: code })));
      session.close(1000);
    },
    close(code) {
      end();
      deliver(() => handlers.closed({ kind: "closed", code, message: "" }));
    },
  };

  /** The server's side of the end. */
  function end(): void {
    if (phase === "open") scheduler.post({}, SYSTEM, () => server.release(session, 0));
    phase = "closed";
  }

  scheduler.post({}, SYSTEM, () => {
    if (phase !== "opening") return;
    let refusal: number | null = null;
    // Before what the claim replays.
    deliver(() => {
      if (refusal === null) handlers.opened();
      else handlers.closed({ kind: "refused", status: refusal, message: "" });
    });
    phase = "open";
    refusal = server.claim(session);
    if (refusal !== null) phase = "closed";
  });

  return {
    get isOpen() {
      return phase === "open";
    },
    answerProbe: () =>
      deliver(() => handlers.message(JSON.stringify({ type: "error", message: "boxlite-web.liveness" }))),
    discard() {
      heard = false;
      end();
    },
    cut: () => session.close(1006),
    lose: end,
  };
}
