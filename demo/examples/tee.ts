import { createWriteStream } from "node:fs";
import { Writable } from "node:stream";
import type { Execution } from "boxlite-web";

/** An execution's stdout as an answer to a page, and in a file, too: the file goes on when the page is closed. */
export function teeToFile({ stdout }: Pick<Execution, "stdout">, path: string) {
  // What the slower of the two has not taken waits in memory.
  const [forFile, forPage] = stdout.tee();
  const saved = forFile.pipeTo(Writable.toWeb(createWriteStream(path)));
  const response = new Response(forPage, { headers: { "content-type": "text/plain; charset=utf-8" } });
  return { response, saved };
}
