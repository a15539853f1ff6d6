import { createGateway, type Gateway, workersHandler } from "boxlite-web/gateway";
import { bunHandlers } from "boxlite-web/gateway/bun";
import { denoHandler } from "boxlite-web/gateway/deno";

declare function userOf(cookie: string | null): Promise<{ boxIds: string[] } | null>;

export const gateway: Gateway = createGateway({
  target: "https://boxlite.example/api",
  token: "secret",
  basePath: "/api",
  hosts: ["app.example"],
  async authorize(request) {
    const user = await userOf(request.headers.get("cookie"));
    return user === null ? { allow: false } : { allow: true, boxes: user.boxIds };
  },
});

export const worker: { fetch(request: Request): Promise<Response> } = { fetch: workersHandler(gateway) };
export const handlers = { deno: denoHandler(gateway), bun: bunHandlers(gateway) };

// @ts-expect-error: types that could not be resolved would be `any`, and take this.
createGateway({ target: 1 });
