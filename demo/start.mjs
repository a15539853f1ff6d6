// The demo's entry: all that follows is TypeScript.
import { fileURLToPath } from "node:url";
import { createLoader } from "./load.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const loader = await createLoader();
const { main } = await loader.load("/demo/main.ts");
process.exitCode = await main(process.argv.slice(2));
await loader.close();
