import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createGateway, type GatewayOptions } from "./gateway.ts";
import { type NodeHandlers, nodeHandlers } from "./node.ts";

/** The part of Vite's servers, for development and preview, that is used. */
export interface ViteServer {
  readonly middlewares: { use(handler: NodeHandlers["request"]): unknown };
  readonly httpServer: {
    on(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
  } | null;
}

export interface ViteGatewayPlugin {
  readonly name: string;
  configureServer(server: ViteServer): void;
  configurePreviewServer(server: ViteServer): void;
}

/**
 * A Vite plugin: the gateway in the development server and in `vite preview`, below `/api` unless `basePath` says otherwise. It answers
 * pages of localhost, 127.0.0.1 and [::1] only; for others, name them in `hosts`.
 *
 * ```js
 * boxliteGateway({ target: "http://127.0.0.1:8100", token: "secret", authorize: () => ({ allow: true }) })
 * ```
 */
export function boxliteGateway(options: GatewayOptions): ViteGatewayPlugin {
  const gateway = createGateway({ basePath: "/api", ...options });
  const mount = ({ middlewares, httpServer }: ViteServer) => {
    // Whatever interface it comes over: what development servers show is for their developer.
    const handlers = nodeHandlers(gateway, { loopback: true });
    middlewares.use(handlers.request);
    httpServer?.on("upgrade", handlers.upgrade);
  };
  return { name: "boxlite-web:gateway", configureServer: mount, configurePreviewServer: mount };
}
