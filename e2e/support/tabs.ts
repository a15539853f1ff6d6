import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { expect } from "vitest";
import { startLocalServer } from "../../src/local/index.ts";
import type { EnginePage } from "./engines.ts";

/** A local server, and a page of its own for tabs that share an execution (`e2e/tabs`). */
export interface TabsStage extends AsyncDisposable {
  /** Opens a tab, with `window.tab` there. */
  open<P extends EnginePage>(browser: { open(url: string): Promise<P> }): Promise<P>;
}

/** The page is built, as an application is: Vite's development client reloads pages that were frozen. */
export async function startTabsStage(): Promise<TabsStage> {
  const folder = await mkdtemp(join(tmpdir(), "boxlite-web-tabs-"));
  await build({
    configFile: false,
    root: fileURLToPath(new URL("../tabs", import.meta.url)),
    logLevel: "error",
    resolve: { tsconfigPaths: true },
    build: { outDir: folder, emptyOutDir: true },
  });
  const local = await startLocalServer({ dialect: "runner" });
  const server = await preview({
    configFile: false,
    root: folder,
    logLevel: "silent",
    build: { outDir: folder },
    preview: {
      host: "127.0.0.1",
      port: 0,
      cors: false,
      proxy: {
        "^/api/": {
          target: local.url,
          ws: true,
          rewrite: (path) => path.replace(/^\/api/, ""),
          headers: { authorization: `Bearer ${local.token}` },
          configure(proxy) {
            proxy.on("proxyReq", (request) => request.removeHeader("origin"));
            proxy.on("proxyReqWs", (request) => request.removeHeader("origin"));
            // Tabs are killed on purpose.
            proxy.on("error", () => {});
          },
        },
      },
    },
  });
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error("the page's server does not listen");
  return {
    async open(browser) {
      const page = await browser.open(url);
      await expect.poll(() => page.run(() => "tab" in window), { timeout: 30_000 }).toBe(true);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await local[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
