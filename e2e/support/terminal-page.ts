import { join } from "node:path";
import { createServer } from "vite";
import { boxliteGateway } from "../../src/gateway/vite.ts";
import { type LocalServer, type LocalServerOptions, startLocalServer } from "../../src/local/index.ts";
import { type FaultProxy, startFaultProxy } from "../../src/testing/index.ts";

export interface TerminalPageServer extends AsyncDisposable {
  readonly url: string;
  readonly server: LocalServer;
  readonly proxy: FaultProxy;
}

const root = join(import.meta.dirname, "../..");

/** Serves `e2e/xterm`, with the gateway as its `/api`, and a local server behind a fault proxy behind that. */
export async function serveTerminalPage(options: LocalServerOptions = {}): Promise<TerminalPageServer> {
  const server = await startLocalServer(options);
  const proxy = await startFaultProxy({ target: server.url });
  const vite = await createServer({
    configFile: false,
    root: join(root, "e2e/xterm"),
    cacheDir: join(root, "node_modules/.vite/e2e-xterm"),
    clearScreen: false,
    logLevel: "silent",
    resolve: { tsconfigPaths: true },
    optimizeDeps: { noDiscovery: true, include: ["ky", "valibot", "isomorphic-ws", "@xterm/xterm"] },
    server: {
      host: "127.0.0.1",
      port: 0,
      watch: null,
      fs: { allow: [root] },
    },
    plugins: [
      boxliteGateway({
        target: proxy.url,
        token: server.token,
        authorize: () => ({ allow: true }),
      }),
    ],
  });
  await vite.listen();
  // Not left to the first page: on a busy machine that would wait for it for longer than it does.
  await vite.warmupRequest("/main.ts");
  const [url = ""] = vite.resolvedUrls?.local ?? [];
  return {
    url,
    server,
    proxy,
    async [Symbol.asyncDispose]() {
      await vite.close();
      await proxy.close();
      await server.close();
    },
  };
}
