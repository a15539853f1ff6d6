export type { Attach } from "./attach.ts";
export type { Allowed, Authorize, Decision, Denied } from "./authorize.ts";
export { createGateway, type Gateway, type GatewayConnection, type GatewayOptions } from "./gateway.ts";
export type { Dial, Dialed, RelaySocket, SocketHandlers } from "./relay.ts";
export type { Operation } from "./routes.ts";
export type { Grant, TicketStore } from "./tickets.ts";
export { workersHandler } from "./workers.ts";
