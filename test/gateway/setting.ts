import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket from "ws";
import { createGateway, type GatewayOptions } from "../../src/gateway/index.ts";
import { type NodeHandlers, nodeHandlers } from "../../src/gateway/node.ts";
import { BoxLite, type BoxLiteOptions } from "../../src/index.ts";

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Long enough to be found nowhere by chance. */
export const TOKEN = "gateway-credential-0123456789";

export interface RunningGateway extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without the mount point. */
  readonly url: string;
  readonly handlers: NodeHandlers;
  readonly http: Server;
}

/** A gateway on `node:http`, below `/api` unless the options say otherwise, that lets everybody in unless they do. */
export async function startGateway(
  options: Partial<GatewayOptions> & Pick<GatewayOptions, "target">,
): Promise<RunningGateway> {
  const handlers = nodeHandlers(
    createGateway({ token: TOKEN, basePath: "/api", authorize: () => ({ allow: true }), ...options }),
  );
  const http = createServer(handlers.request);
  http.on("upgrade", handlers.upgrade);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    handlers,
    http,
    async [Symbol.asyncDispose]() {
      handlers.close();
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

/** The real client as in a page of the gateway's own origin: Node sends no `Origin` by itself. */
export function createPageClient(gateway: RunningGateway, options: Partial<BoxLiteOptions> = {}): BoxLite {
  const origin = gateway.url;
  return new BoxLite({
    baseUrl: `${gateway.url}/api`,
    fetch: (input, init) => {
      const request = new Request(input, init);
      request.headers.set("origin", origin);
      return fetch(request);
    },
    webSocket: (url, { protocols }) => new WebSocket(url, [...protocols], { origin }),
    ...options,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request exactly as given: the path is not looked at, and no header is added but `Host`. */
export async function ask(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const asked = httpRequest({ hostname, port, method, path, headers, agent: false });
  asked.end(body);
  return new Promise((resolve, reject) => {
    asked.on("error", reject);
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
      response.on("error", reject);
    });
  });
}

export const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
} as const;

/** The sentence in an answer's envelope. */
export function messageOf({ body }: Answer): string {
  return JSON.parse(body).error.message;
}
