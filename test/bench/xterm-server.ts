import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { createGateway } from "boxlite-web/gateway";
import { nodeHandlers } from "boxlite-web/gateway/node";
import { startLocalServer } from "boxlite-web/local";
import { answerWith } from "./attach/child.ts";

/** The two servers that are between a process and a page, each in a process of its own. */
export type Part = "boxlite" | { readonly target: string; readonly token: string };

export interface Started {
  readonly url: string;
  readonly token: string;
}

/** Where the page was built to. */
const FILES = join(import.meta.dirname, "xterm");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
};

answerWith(async (part: Part): Promise<Started> => {
  if (part !== "boxlite") return startGateway(part);
  const { url, token } = await startLocalServer({ liveQueueChunks: 1e6 });
  return { url, token };
});

/** A slow page would lose output at the gateway, and be measured with less: here it is all kept for it. */
async function startGateway({ target, token }: Exclude<Part, "boxlite">): Promise<Started> {
  const gateway = createGateway({
    ...{ target, token, basePath: "/api", maxBufferedBytes: Number.POSITIVE_INFINITY },
    authorize: () => ({ allow: true }),
  });
  const handlers = nodeHandlers(gateway);
  const server = createServer((request, response) => {
    handlers.request(request, response, async () => {
      const name = request.url === "/" ? "/index.html" : (request.url ?? "");
      const content = await readFile(join(FILES, name)).catch(() => null);
      response.writeHead(content === null ? 404 : 200, {
        "content-type": TYPES[extname(name)] ?? "text/plain",
      });
      response.end(content);
    });
  });
  server.on("upgrade", handlers.upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token };
}
