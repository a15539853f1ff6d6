// In Node, Deno and Bun, beside the package as it was installed.
import * as library from "boxlite-web";
import { runSuite } from "./suite.mjs";

const [place = "{}"] = globalThis.Deno?.args ?? process.argv.slice(2);
console.log(JSON.stringify(await runSuite(library, JSON.parse(place))));
