import { createLoader } from "../demo/load.mjs";

const loader = await createLoader();
const { main } = await loader.load("/test/package/size-main.ts");
process.exitCode = await main(process.argv.slice(2));
await loader.close();
