import { runnerImport } from "vite";

const { module } = await runnerImport("./test/chaos/main.ts", { configFile: false });
process.exitCode = await module.main(process.argv.slice(2));
