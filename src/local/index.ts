export type { Dialect } from "./dialect.ts";
export { type LocalServer, type LocalServerOptions, startLocalServer } from "./server.ts";
export type { LocalServerTimes } from "./times.ts";
