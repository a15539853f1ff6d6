/** Mutation testing of the reducer and the positioner: `npm run mutants`. What survives is listed in test/attach/MUTANTS.md. */
export default {
  mutate: ["src/attach/reducer/**/*.ts", "src/attach/replay/**/*.ts"],
  ignorePatterns: ["/.ci", "/demo", "/docs", "/e2e"],
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/attach/mutants.config.ts" },
  // No file of this name: Stryker would rewrite paths that lead out of the project, of which tsconfig.json has none, and
  // asks TypeScript for an API that TypeScript 7 does not have.
  tsconfigFile: "none",
  concurrency: 2,
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: ".stryker-tmp/mutants.json" },
  thresholds: { high: 95, low: 90, break: 90 },
};
