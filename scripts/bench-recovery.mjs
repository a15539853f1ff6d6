import { createLoader } from "../demo/load.mjs";

// Not Vite's `runnerImport`: the local server loads node-pty when the first terminal is asked for.
const loader = await createLoader();
const { main } = await loader.load("/test/bench/recovery.ts");
process.exitCode = await main(process.argv.slice(2));
await loader.close();
