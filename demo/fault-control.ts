import type { IncomingMessage, ServerResponse } from "node:http";
import type { FaultProxy } from "boxlite-web/testing";
import type { Plugin } from "vite";
import { refusalOf } from "./admission.ts";

/** What the page's buttons do to the network: the last segment of `POST /demo/…`. */
const FAULTS: Readonly<Record<string, (proxy: FaultProxy) => void>> = {
  cut: (proxy) => proxy.cut("fin"),
  reset: (proxy) => proxy.cut("rst"),
  silence: (proxy) => proxy.silence(),
  // An outage: what is open goes down, too.
  refuse(proxy) {
    proxy.refuse({ status: 503, body: "the demo refuses attaches" }, { ms: REFUSAL });
    proxy.cut("fin");
  },
};

/** Milliseconds. */
const REFUSAL = 2_000;

/** The routes with which the page breaks its own network, behind the same gate as the rest. */
export function faultControl(proxy: FaultProxy): Plugin {
  return {
    name: "boxlite-demo-faults",
    configureServer(server) {
      server.middlewares.use("/demo", (request, response) => answer(proxy, request, response));
    },
  };
}

function answer(proxy: FaultProxy, request: IncomingMessage, response: ServerResponse): void {
  const { headers, method = "GET", url = "/" } = request;
  const say = (status: number, text: string) =>
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(text);
  const refusal = refusalOf(headers, method, "request");
  if (refusal !== undefined) return void say(403, `${refusal}\n`);
  const fault = Object.hasOwn(FAULTS, url.slice(1)) ? FAULTS[url.slice(1)] : undefined;
  if (fault === undefined) return void say(404, `There is no fault "${url.slice(1)}".\n`);
  if (method !== "POST") return void say(405, "A fault is asked for with POST.\n");
  fault(proxy);
  say(204, "");
}
