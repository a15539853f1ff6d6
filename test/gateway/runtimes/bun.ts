import { type BunHandlers, bunHandlers } from "../../../src/gateway/bun.ts";
import { createGateway } from "../../../src/gateway/index.ts";

/** A gateway on Bun, as docs/gateway.md has it. Its arguments are the server's URL and token; it writes its own URL. */

declare const Bun: {
  serve(options: BunHandlers & { hostname: string; port: number }): { readonly port: number };
};

const [, , target = "", token = ""] = process.argv;
const gateway = createGateway({ target, token, basePath: "/api", authorize: () => ({ allow: true }) });
const { port } = Bun.serve({ hostname: "127.0.0.1", port: 0, ...bunHandlers(gateway) });
console.log(`http://127.0.0.1:${port}`);
