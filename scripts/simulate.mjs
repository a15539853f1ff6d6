import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport("./test/simulation/main.ts", { configFile: false });
process.exitCode = await module.main(process.argv.slice(2), fileURLToPath(import.meta.url));
process.disconnect?.();
