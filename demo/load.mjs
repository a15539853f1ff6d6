import { fileURLToPath } from "node:url";
import { createServer } from "vite";

/**
 * Loads the demo's TypeScript, which not every Node can, through Vite. Modules may load others until `close()`.
 *
 * `load` takes a path from the project's folder.
 */
export async function createLoader() {
  const vite = await createServer({
    configFile: false,
    root: fileURLToPath(new URL("..", import.meta.url)),
    appType: "custom",
    logLevel: "error",
    // `await using` is newer than the oldest Node that runs this.
    oxc: { target: "es2022" },
    optimizeDeps: { noDiscovery: true },
    resolve: { tsconfigPaths: true },
    server: { middlewareMode: true, watch: null, ws: false },
  });
  return {
    load: (path) => vite.ssrLoadModule(path),
    close: () => vite.close(),
  };
}
