import { writeFile } from "node:fs/promises";
import { createRandom } from "./random.ts";

/** Bytes to take binary output from, in a file that commands can read. */
export interface Noise {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export async function makeNoise(path: string, seed: number): Promise<Noise> {
  const random = createRandom(seed);
  const bytes = Uint8Array.from({ length: 256 * 1024 }, () => random.between(0, 255));
  await writeFile(path, bytes);
  return { path, bytes };
}
