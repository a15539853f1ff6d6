import { defineConfig } from "vitest/config";

/** What mutants of the reducer and the positioner have to get past: `npm run mutants`. */
export default defineConfig({
  test: {
    include: ["test/attach/reducer*.test.ts", "test/attach/replay/*.test.ts"],
    environment: "node",
    // Nothing here keeps state in a module, and most of the time of a short run would go into loading them again.
    isolate: false,
    setupFiles: ["test/attach/mutants-setup.ts"],
    // Stryker sets the limit, from how long the tests take without a mutant.
    testTimeout: 60_000,
    // Fewer runs of each property: what a mutant gets past is to be closed by a scenario rather than by chance.
    env: { RUNS: "10" },
  },
});
