import { runnerImport } from "vite";

// `await using` is newer than the oldest Node that runs this.
const { module } = await runnerImport("./test/gateway/load-main.ts", {
  configFile: false,
  oxc: { target: "es2022" },
});
process.exitCode = await module.main(process.argv.slice(2));
