// The gateway on Cloudflare Workers: its pages are on the same origin. BOXLITE_URL is a variable, BOXLITE_TOKEN a secret.
import { createGateway, workersHandler } from "boxlite-web/gateway";

let handler;

export default {
  fetch(request, env) {
    // Once for each isolate: a gateway has its tickets.
    handler ??= workersHandler(
      createGateway({
        target: env.BOXLITE_URL,
        token: env.BOXLITE_TOKEN,
        basePath: "/api",
        // Your session instead: who is it, and which boxes are theirs?
        authorize: ({ headers }) => ({ allow: /(^|; )session=/.test(headers.get("cookie") ?? "") }),
      }),
    );
    return handler(request);
  },
};
