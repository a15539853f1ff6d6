import { createLoader } from "../demo/load.mjs";

const loader = await createLoader();
const { main } = await loader.load("/test/runtimes/main.ts");
process.exitCode = await main();
await loader.close();
