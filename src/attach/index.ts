/** Following one execution, without the REST API: for servers of one's own that speak the attach protocol. */

export {
  AuthenticationError,
  BoxLiteError,
  ConflictError,
  ConnectionLostError,
  DiscontinuityError,
  NotFoundError,
} from "../errors/index.ts";
export {
  type Attachment,
  type AttachmentOptions,
  attach,
  type FollowOptions,
  type LivenessOptions,
} from "./attachment.ts";
export type { Clock } from "./clock.ts";
export { type Cause, describeCause, type ExecutionEvent, type Obstacle } from "./events.ts";
export type { Delivered, ExecutionExit } from "./exit.ts";
export type { OutputName, TerminalSize } from "./frames.ts";
export type { AmbiguityPolicy, Verdict } from "./replay/verdict.ts";
export type { SocketEvent, WebSocketFactory, WebSocketInit, WebSocketLike } from "./sockets/socket.ts";
export type { StatusProbe, StatusReport, TerminalStatus } from "./status.ts";
export type { HoldStdin, StdinPolicy, StdinWhileDisconnected } from "./streams/input-stream.ts";
export type { OverflowPolicy } from "./streams/output-stream.ts";
export type { Connection, ConnectionHandlers, Disconnect, Transport } from "./transport.ts";
export type { WakeListener } from "./wake.ts";
export { createWebSocketTransport, type WebSocketTransportOptions } from "./websocket.ts";
