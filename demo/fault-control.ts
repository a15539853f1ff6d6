import type { IncomingMessage, ServerResponse } from "node:http";
import type { FaultProxy } from "boxlite-web/testing";
import type { Plugin } from "vite";
import { refusalOf } from "./admission.ts";

/** What is wrong with the network at the moment, for as long as it is. */
export interface NetworkState {
  /** Nothing gets through, and what was open has gone down. */
  readonly offline: boolean;
  /** Milliseconds by which everything on an attach connection is late, in each direction. */
  readonly latency: number;
}

/** Milliseconds. */
const MAX_LATENCY = 10_000;

/** What a request is answered with while the network is offline. */
const OFFLINE = {
  status: 503,
  body: JSON.stringify({ error: { message: "the demo’s network is offline", code: "network_unavailable" } }),
  headers: { "content-type": "application/json" },
};

/** The routes with which the page breaks its own network, behind the same gate as the rest. */
export function faultControl(proxy: FaultProxy): Plugin {
  let offline = false;

  /** What the page's buttons do: the last segment of `POST /demo/…`. */
  const faults: Readonly<Record<string, (query: URLSearchParams) => void>> = {
    cut: () => void proxy.cut("fin"),
    reset: () => void proxy.cut("rst"),
    silence: () => void proxy.silence(),
    offline() {
      offline = true;
      proxy.requests = () => OFFLINE;
      proxy.refuse(OFFLINE, { attaches: Number.POSITIVE_INFINITY });
      proxy.cut("fin");
    },
    online() {
      offline = false;
      proxy.requests = undefined;
      proxy.refuse(OFFLINE, { attaches: 0 });
    },
    latency(query) {
      const latency = Number(query.get("ms") ?? Number.NaN);
      if (!(latency >= 0 && latency <= MAX_LATENCY)) {
        throw new RangeError(`ms is "${query.get("ms")}": expected milliseconds, 0 to ${MAX_LATENCY}.`);
      }
      proxy.latency = latency;
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { headers, method = "GET", url = "/" } = request;
    const say = (status: number, text: string) =>
      response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
    const refusal = refusalOf(headers, method);
    if (refusal !== undefined) return void say(403, `${refusal}\n`);
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const name = pathname.slice(1);
    if (name === "network" && method === "GET") {
      const state: NetworkState = { offline, latency: proxy.latency };
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(state));
      return;
    }
    const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
    if (fault === undefined) return void say(404, `There is no fault "${name}".\n`);
    if (method !== "POST") return void say(405, "A fault is asked for with POST.\n");
    try {
      fault(searchParams);
    } catch (error) {
      return void say(400, `${error instanceof Error ? error.message : error}\n`);
    }
    say(204, "");
  }

  return {
    name: "boxlite-demo-faults",
    configureServer(server) {
      server.middlewares.use("/demo", answer);
    },
  };
}
