import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    lib: {
      entry: {
        index: "src/index.ts",
        "attach/index": "src/attach/index.ts",
        "gateway/index": "src/gateway/index.ts",
        "gateway/bun": "src/gateway/bun.ts",
        "gateway/deno": "src/gateway/deno.ts",
        "gateway/node": "src/gateway/node.ts",
        "gateway/vite": "src/gateway/vite.ts",
        "local/index": "src/local/index.ts",
        "node/index": "src/node/index.ts",
        "testing/index": "src/testing/index.ts",
        "xterm/index": "src/xterm/index.ts",
        cli: "src/cli.ts",
      },
      formats: ["es"],
    },
    target: "es2022",
    // A library is minified by the application that bundles it, once, with everything else.
    minify: false,
    sourcemap: true,
    // Of what is built in: the tar library, which comes with us so that nobody has to install it, and is loaded when it is used.
    license: { fileName: "third-party-licenses.md" },
    rolldownOptions: {
      external: [/^node:/, "ky", "valibot", "ws", "isomorphic-ws", "@lydell/node-pty"],
    },
  },
  test: {
    reporters: ["default", "./scripts/count-reporter.mjs"],
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          environment: "node",
          // What hangs is ended by it; a machine that is busy is not.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["e2e/**/*.test.ts"],
          environment: "node",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // The pages share one demo server and two cores: one file at a time.
          fileParallelism: false,
        },
      },
    ],
  },
});
