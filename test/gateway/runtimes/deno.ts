import { denoHandler } from "../../../src/gateway/deno.ts";
import { createGateway } from "../../../src/gateway/index.ts";

/** A gateway on Deno, as docs/gateway.md has it. Its arguments are the server's URL and token; it writes its own URL. */

declare const Deno: {
  readonly args: readonly string[];
  serve(
    options: { hostname: string; port: number; onListen(address: { port: number }): void },
    handler: ReturnType<typeof denoHandler>,
  ): void;
};

const [target = "", token = ""] = Deno.args;
const gateway = createGateway({ target, token, basePath: "/api", authorize: () => ({ allow: true }) });
Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) },
  denoHandler(gateway),
);
