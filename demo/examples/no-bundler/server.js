// The page, the four packages that it loads, and the gateway. Run it where node_modules is: node no-bundler/server.js
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { createGateway } from "boxlite-web/gateway";
import { nodeHandlers } from "boxlite-web/gateway/node";

const gateway = createGateway({
  target: process.env.BOXLITE_REST_URL ?? "http://127.0.0.1:8100",
  token: process.env.BOXLITE_API_KEY,
  basePath: "/api",
  // Only this machine reaches it; in production it is your session that decides.
  authorize: () => ({ allow: true }),
});
const boxlite = nodeHandlers(gateway);

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" };
const PUBLIC = /^\/node_modules\/(boxlite-web|isomorphic-ws|ky|valibot)\/.+\.m?js$/;

/** The file of a path, which URL has rid of its dots. */
function fileOf(path) {
  if (path === "/") return join(import.meta.dirname, "index.html");
  return PUBLIC.test(path) ? join(process.cwd(), path) : undefined;
}

async function page(request, response) {
  const file = fileOf(new URL(request.url, "http://page").pathname);
  const content = file && (await readFile(file).catch(() => undefined));
  if (content === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-type": TYPES[extname(file)] }).end(content);
}

const server = createServer((request, response) =>
  boxlite.request(request, response, () => page(request, response)),
);
server.on("upgrade", boxlite.upgrade);
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}/`),
);
