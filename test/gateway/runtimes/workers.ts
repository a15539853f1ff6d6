import { createGateway, workersHandler } from "../../../src/gateway/index.ts";

/** A gateway on Cloudflare Workers, as docs/gateway.md has it. The server's URL and token are bindings. */
let handler: ReturnType<typeof workersHandler> | undefined;

export default {
  fetch(request: Request, env: { readonly TARGET: string; readonly TOKEN: string }): Promise<Response> {
    // Once for each isolate: a gateway has its tickets.
    handler ??= workersHandler(
      createGateway({
        target: env.TARGET,
        token: env.TOKEN,
        basePath: "/api",
        authorize: () => ({ allow: true }),
      }),
    );
    return handler(request);
  },
};
