import { extractInto, readTar } from "./extract.ts";
import { packTar, walk } from "./pack.ts";

/** Copies what is in one directory into another, by way of an archive that is never there as a whole. */
export async function copyDirectory(from: string, to: string): Promise<void> {
  await readTar(packTar(walk(from)), (entries) => extractInto(entries, to, true));
}
