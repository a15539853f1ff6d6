import { createLoader } from "../demo/load.mjs";

// Not Vite's `runnerImport`: the client loads what follows executions when the first is started.
const loader = await createLoader();
const { main } = await loader.load("/test/soak/main.ts");
const code = await main(process.argv.slice(2));
await loader.close();
// What was left behind would keep this alive.
process.exit(code);
