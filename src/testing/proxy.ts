/// <reference lib="esnext.disposable" preserve="true" />

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { answerRequest, answerUpgrade } from "./answer.ts";
import { type AttachRelay, type RelayEvent, relayAttach } from "./attach-relay.ts";
import {
  type Answer,
  type Attach,
  type AttachFaults,
  checkFaults,
  type FaultPlan,
  type RequestPlan,
} from "./faults.ts";
import { relayRequest } from "./request-relay.ts";
import { parseTarget } from "./target.ts";

/** What the proxy did, as it happens: see {@link FaultProxyOptions.onEvent}. */
export type FaultProxyEvent = Attach & RelayEvent;

export interface FaultProxyOptions {
  /**
   * The base URL of the server: `http:` or `https:`, with a path if need be. A client that is given the
   * proxy's `url` as its base URL reaches the same resources.
   */
  readonly target: string;
  /** The port to listen on, at 127.0.0.1. Default: 0, any free one. */
  readonly port?: number;
  /** What happens to each attach. Default: nothing. */
  readonly plan?: FaultPlan;
  /** What happens to each plain HTTP request. Default: nothing. */
  readonly requests?: RequestPlan;
  /**
   * Is told what happens to the attach connections. Each has a number of events, in this order: `open`,
   * unless it ends before; `silenced` and `cut`, each at most once; and one last: `closed` when the client's
   * connection has ended, or `refused`, which comes alone. `bytes` and `frames` are what has been passed on
   * of the output (binary payload without channel bytes, and whole messages).
   */
  readonly onEvent?: (event: FaultProxyEvent) => void;
}

/** A running fault proxy. Made by {@link startFaultProxy}. */
export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** How many upgrades it has seen, refused ones included. */
  readonly attaches: number;
  /** How many clients have an open attach connection now, silent ones included. */
  readonly open: number;
  /** Can be replaced at any time; connections that exist keep what they have. */
  plan: FaultPlan | undefined;
  /** Can be replaced at any time. */
  requests: RequestPlan | undefined;
  /**
   * Milliseconds by which everything on every attach connection is late, on top of the plan's `latency`. Can be
   * set at any time, for those that exist, too. Default: 0. Setting what is no such number throws a `RangeError`.
   */
  latency: number;
  /**
   * Severs every attach connection now, those that wait for the target's answer included, wherever the data
   * flow stands: bytes that `latency` or `bandwidth` hold back are lost. Default: `"fin"`. Returns how many
   * it severed.
   */
  cut(how?: "fin" | "rst"): number;
  /**
   * From now on nothing passes on the attach connections that exist; see `silence` in {@link AttachFaults}.
   * Returns how many.
   */
  silence(): number;
  /**
   * Answers upgrades instead of passing them on: the next so many, or all for so many milliseconds. Goes
   * before the plan, which is not asked about these. A new call replaces the one before; `{ attaches: 0 }`
   * ends it.
   */
  refuse(answer: number | Answer, until: { readonly attaches: number } | { readonly ms: number }): void;
  /** Ends every connection at once and stops listening. Can be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts a proxy that stands between any client and a BoxLite server and makes the network fail by a script.
 * WebSocket upgrades are relayed on the level of bytes, with the credential and every other header except
 * `Host` (rewritten to the target's) and `Sec-WebSocket-Extensions` (left out). All other requests pass as
 * they are, unless `requests` has other ideas. The answer is a 502 with a sentence when the target cannot be
 * reached.
 *
 * Rejects with a `TypeError` for a `target` that is no URL to pass requests to, and with the system's error
 * when it cannot listen.
 *
 * ```ts
 * await using proxy = await startFaultProxy({
 *   target: "http://127.0.0.1:8100",
 *   plan: ({ index }) => (index === 0 ? { cut: { afterBytes: 1000, how: "rst" } } : undefined),
 * });
 * const boxlite = new BoxLite({ baseUrl: proxy.url });
 * ```
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = parseTarget(options.target);
  const clients = new Set<Socket>();
  const relays = new Set<AttachRelay>();
  const relayedRequests = new Set<Promise<void>>();
  let attaches = 0;
  let requestCount = 0;
  let plan = options.plan;
  let requests = options.requests;
  let latency = 0;
  let refusal: { readonly answer: Answer; attachesLeft: number; readonly before: number } | undefined;
  let closing: Promise<void> | undefined;

  const server = createServer(onRequest);
  server.on("upgrade", onUpgrade);
  server.on("connection", (socket) => {
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
  });
  // The proxy has no opinion about how long a request takes: the client and the target have.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url: path = "/" } = request;
    const index = requestCount++;
    const fault = requests?.({ index, method, path });
    if (fault === undefined) track(relayRequest(target, request, response));
    else if (fault === "reset") request.socket.resetAndDestroy();
    else if (fault === "silence") request.resume();
    else answerRequest(response, fault);
  }

  function track(relayed: Promise<void>): void {
    relayedRequests.add(relayed);
    relayed.then(() => relayedRequests.delete(relayed));
  }

  function onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const attach: Attach = { index: attaches++, path: request.url ?? "/" };
    const onEvent = (event: RelayEvent) => options.onEvent?.({ ...attach, ...event });
    socket.on("error", () => {});
    let faults: AttachFaults;
    try {
      faults = faultsFor(attach);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    if (faults.refuse) {
      onEvent({ type: "refused", status: faults.refuse.status, by: "proxy" });
      answerUpgrade(socket, faults.refuse);
      // What else it sends is of no interest, but its end is.
      socket.resume();
      return;
    }
    const relay = relayAttach({ target, request, client: socket, head, faults, latency, onEvent });
    relays.add(relay);
    relay.closed.then(() => relays.delete(relay));
  }

  function faultsFor(attach: Attach): AttachFaults {
    if (refusal && refusal.attachesLeft > 0 && performance.now() < refusal.before) {
      refusal.attachesLeft -= 1;
      return { refuse: refusal.answer };
    }
    const faults = plan?.(attach) ?? {};
    checkFaults(faults);
    return faults;
  }

  async function close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const relay of relays) relay.destroy();
    for (const client of clients) client.destroy();
    await Promise.all([stopped, ...relayedRequests, ...[...relays].map((relay) => relay.closed)]);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: options.port ?? 0 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    get attaches() {
      return attaches;
    },
    get open() {
      return [...relays].filter((relay) => relay.open).length;
    },
    get plan() {
      return plan;
    },
    set plan(next) {
      plan = next;
    },
    get requests() {
      return requests;
    },
    set requests(next) {
      requests = next;
    },
    get latency() {
      return latency;
    },
    set latency(next) {
      if (!(next >= 0)) {
        throw new RangeError(`Fault proxy: latency must be 0 or more milliseconds, not ${next}.`);
      }
      latency = next;
      for (const relay of relays) relay.delay(next);
    },
    cut(how = "fin") {
      return [...relays].filter((relay) => relay.cut(how)).length;
    },
    silence() {
      return [...relays].filter((relay) => relay.silence()).length;
    },
    refuse(answer, until) {
      refusal = {
        answer: typeof answer === "number" ? { status: answer } : answer,
        attachesLeft: "attaches" in until ? until.attaches : Number.POSITIVE_INFINITY,
        before: "ms" in until ? performance.now() + until.ms : Number.POSITIVE_INFINITY,
      };
    },
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}
