import { fileURLToPath } from "node:url";
import { boxliteGateway } from "boxlite-web/gateway/vite";
import type { Dialect, LocalServer } from "boxlite-web/local";
import type { FaultProxy } from "boxlite-web/testing";
import { createServer, type InlineConfig } from "vite";
import { faultControl } from "./fault-control.ts";
import { type Stage, startStage } from "./stage.ts";

export interface DemoOptions {
  readonly dialect: Dialect;
  /** 0: any free one. */
  readonly port: number;
  readonly open: boolean;
}

export interface Demo extends AsyncDisposable {
  /** The page's: `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** For tests, which stop it or look for its token. */
  readonly server: LocalServer;
  readonly proxy: FaultProxy;
}

/** Starts the local server, the fault proxy in front of it, and the page's own server with the gateway. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const stage = await startStage(options.dialect);
  try {
    const vite = await createServer(pageConfig(stage, options));
    const close = async () => {
      await vite.close();
      await stage[Symbol.asyncDispose]();
    };
    try {
      await vite.listen();
    } catch (error) {
      await vite.close();
      throw error;
    }
    const [url = `http://127.0.0.1:${options.port}/`] = vite.resolvedUrls?.local ?? [];
    return { url, server: stage.server, proxy: stage.proxy, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

function pageConfig({ proxy, server }: Stage, { dialect, port, open }: DemoOptions): InlineConfig {
  return {
    configFile: false,
    root: fileURLToPath(new URL("page", import.meta.url)),
    cacheDir: fileURLToPath(new URL("../node_modules/.vite/demo", import.meta.url)),
    clearScreen: false,
    // Its account of cut connections is noise here: they are cut on purpose, and the page shows them.
    logLevel: "silent",
    define: { __DIALECT__: JSON.stringify(dialect) },
    plugins: [
      // Whoever runs the demo may do all with it; no page but its own may do anything.
      boxliteGateway({ target: proxy.url, token: server.token, authorize: () => ({ allow: true }) }),
      faultControl(proxy),
    ],
    resolve: { tsconfigPaths: true },
    // All of them named, so that no page load finds another one and has to start again.
    optimizeDeps: {
      noDiscovery: true,
      include: ["ky", "valibot", "isomorphic-ws", "@xterm/xterm", "@xterm/addon-fit"],
    },
    server: {
      host: "127.0.0.1",
      port,
      strictPort: port !== 0,
      open,
      watch: null,
      cors: false,
      // No other page may show this one in a frame, and have its buttons clicked.
      headers: {
        "Content-Security-Policy":
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
      },
    },
  };
}
