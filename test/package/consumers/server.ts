import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { BoxLite } from "boxlite-web";
import { nodeHandlers } from "boxlite-web/gateway/node";
import { startLocalServer } from "boxlite-web/local";
import { uploadPath } from "boxlite-web/node";
import { startFaultProxy } from "boxlite-web/testing";
import { gateway } from "./gateway.js";

declare function page(request: IncomingMessage, response: ServerResponse): void;

const handlers = nodeHandlers(gateway);
createServer((request, response) => handlers.request(request, response, () => page(request, response)))
  .on("upgrade", handlers.upgrade)
  .listen(3000);

const server = await startLocalServer({ dialect: "runner" });
const proxy = await startFaultProxy({
  target: server.url,
  plan: ({ index }) => (index === 0 ? { cut: { afterBytes: 1000, how: "rst" } } : undefined),
});
const boxlite = new BoxLite({ baseUrl: proxy.url, token: server.token });
const box = await boxlite.boxes.create();
await uploadPath(box, "./src", "/app/src");

// @ts-expect-error: types that could not be resolved would be `any`, and take this.
await startLocalServer({ dialect: "none" });
