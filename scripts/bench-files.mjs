import { createLoader } from "../demo/load.mjs";

// Not Vite's `runnerImport`: the client loads what packs and unpacks archives when it is first needed.
const loader = await createLoader();
const { main } = await loader.load("/test/bench/files.ts");
process.exitCode = await main(process.argv.slice(2));
await loader.close();
