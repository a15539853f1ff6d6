import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { loadGateway } from "./load.ts";

/** `npm run bench:gateway`: so many attaches at once in one process. The exit code says whether each had its own output. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { attaches: { type: "string", default: "1000" } },
  });
  const attaches = Number(values.attaches);
  if (!Number.isInteger(attaches) || attaches < 1) {
    console.error("bench:gateway: --attaches takes a whole number from 1.");
    return 2;
  }
  const load = await loadGateway(attaches);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}`);
  console.log(`${load.attaches} attaches open at once after ${Math.round(load.opening)} ms`);
  console.log(
    `${(load.bytes / 1024 / 1024).toFixed(1)} MiB of output passed on in ${Math.round(load.passing)} ms`,
  );
  console.log(
    `${(load.memory / 1024).toFixed(0)} KiB of memory for each, with its page and its server in the same process`,
  );
  console.log(`${load.wrong} with output that was not theirs, or not all`);
  return load.wrong === 0 && load.attaches === attaches ? 0 : 1;
}
