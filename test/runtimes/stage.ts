import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway } from "../../src/gateway/index.ts";
import { nodeHandlers } from "../../src/gateway/node.ts";
import { type Dialect, type LocalServer, startLocalServer } from "../../src/local/index.ts";
import {
  type AttachFaults,
  type FaultPlan,
  type FaultProxy,
  startFaultProxy,
} from "../../src/testing/index.ts";

/** What the suite talks to: a local server, as it is and behind a proxy that cuts every attach; and a page that is let in. */
export interface Stage extends AsyncDisposable {
  /** For `run.mjs`. */
  readonly place: string;
  /** The page, whose own server is the gateway. */
  readonly pageUrl: string;
}

/** How the first attaches of each execution end; those behind them are left alone. */
const CUTS: readonly AttachFaults[] = [
  { cut: { afterBytes: 20_000, how: "fin" } },
  { cut: { afterBytes: 60_000, how: "rst" } },
  { refuse: { status: 409 } },
  { cut: { afterFrames: 1, how: "rst" } },
];

/** Counts the attaches of each execution. */
function cutEach(): FaultPlan {
  const attaches = new Map<string, number>();
  return ({ path }) => {
    const count = attaches.get(path) ?? 0;
    attaches.set(path, count + 1);
    return CUTS[count];
  };
}

const PAGE = `<!doctype html>
<title>suite</title>
<link rel="icon" href="data:," />
<script type="module" src="/page.js"></script>`;

export async function startStage(dialect: Dialect, files: ReadonlyMap<string, string>): Promise<Stage> {
  // The client is another process: on a busy machine it may be slower than the server's queue is long.
  const server = await startLocalServer({ dialect, liveQueueChunks: 100_000 });
  const proxy = await startFaultProxy({ target: server.url, plan: cutEach() });
  const page = await servePage(server, proxy, files);
  const { token } = server;
  const place = {
    direct: { baseUrl: server.url, token },
    cut: { baseUrl: proxy.url, token },
    stranger: { baseUrl: server.url, token: "wrong" },
  };
  return {
    place: JSON.stringify(place),
    pageUrl: page.url,
    async [Symbol.asyncDispose]() {
      page.close();
      await proxy.close();
      await server.close();
    },
  };
}

async function servePage(server: LocalServer, proxy: FaultProxy, files: ReadonlyMap<string, string>) {
  const gatewayTo = (target: string, basePath: string) =>
    nodeHandlers(
      createGateway({
        target,
        token: server.token,
        basePath,
        authorize: () => ({ allow: true }),
        maxBufferedBytes: Number.POSITIVE_INFINITY,
      }),
    );
  const direct = gatewayTo(server.url, "/api");
  const cut = gatewayTo(proxy.url, "/cut");
  const http = createServer((request, response) => {
    direct.request(request, response, () =>
      cut.request(request, response, () => {
        const file = files.get(request.url ?? "");
        response.setHeader("content-type", file === undefined ? "text/html" : "text/javascript");
        response.end(file ?? PAGE);
      }),
    );
  });
  http.on("upgrade", (request, socket, head) => {
    const handlers = request.url?.startsWith("/cut/") ? cut : direct;
    handlers.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    close() {
      direct.close();
      cut.close();
      http.closeAllConnections();
      http.close();
    },
  };
}
