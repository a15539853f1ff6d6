import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes that are held after a collection. */
export function memoryInUse(): number {
  collect();
  // Buffers of the first are swept beside it, and counted until the second.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
