import { runnerImport } from "vite";

const { module } = await runnerImport("./test/bench/main.ts", { configFile: false });
process.exitCode = module.main(process.argv.slice(2));
