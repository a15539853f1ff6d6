import { createLoader } from "../demo/load.mjs";

// Not Vite's `runnerImport`: the client loads what follows executions when the first is started.
const loader = await createLoader();
const { main } = await loader.load("/test/chaos/main.ts");
process.exitCode = await main(process.argv.slice(2));
await loader.close();
