// A page's own server on Bun, with the gateway below /api: bun bun-server.js
import { createGateway } from "boxlite-web/gateway";
import { bunHandlers } from "boxlite-web/gateway/bun";

const gateway = createGateway({
  target: Bun.env.BOXLITE_REST_URL,
  token: Bun.env.BOXLITE_API_KEY,
  basePath: "/api",
  // Your session instead: who is it, and which boxes are theirs?
  authorize: (request) => ({ allow: new Bun.CookieMap(request.headers.get("cookie") ?? "").has("session") }),
});
const boxlite = bunHandlers(gateway);

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Bun.env.PORT ?? 3000,
  websocket: boxlite.websocket,
  fetch(request, server) {
    if (gateway.handles(new URL(request.url).pathname)) return boxlite.fetch(request, server);
    return new Response("<!doctype html><title>the page</title>", {
      headers: { "content-type": "text/html" },
    });
  },
});
console.log(server.url.href);
