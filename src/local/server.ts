/// <reference lib="esnext.disposable" preserve="true" />

import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { answerPings } from "../attach/sockets/pong.ts";
import { bearerMatches, crossSiteRefusal } from "./access.ts";
import { attach } from "./attach.ts";
import { createBoxes } from "./boxes.ts";
import type { Dialect } from "./dialect.ts";
import { createExecutions } from "./executions.ts";
import { requireExecution } from "./handlers/executions.ts";
import { handlersFor } from "./handlers/index.ts";
import { type Call, endProcesses, type ServerState } from "./handlers/state.ts";
import { createServerCounters } from "./metrics.ts";
import { type Answer, Refusal, refuse, renderRefusal, renderUpgradeRefusal } from "./refusal.ts";
import { readJson, streamBody } from "./request-body.ts";
import { respond, respondRaw } from "./respond.ts";
import { matchRoute, type RoutedPath } from "./routes.ts";
import { type LocalServerTimes, serverTimes } from "./times.ts";

export interface LocalServerOptions {
  /** The server to behave like. Default "serve". */
  dialect?: Dialect;
  /** Default 0: any free port. The address is 127.0.0.1, always. */
  port?: number;
  /** The bearer token that every request needs. Default: 32 random bytes. */
  token?: string;
  /**
   * When the token ends, as the runner's `GET /v1/me` tells it in `expires_at`; serve tells nothing of the kind. The
   * server goes on taking the token after that. Default: it tells `null`, for a token that does not end.
   */
  tokenExpiresAt?: Date;
  /**
   * Whether `GET /v1/boxes` looks at `pageSize` (1 to 1000, default 100), `pageToken` and `status`, and answers
   * `next_page_token`. Default false, as servers are today: the query is ignored, and all boxes come at once.
   */
  paging?: boolean;
  /** Durations to change, mostly for tests. Defaults: those of the real servers. */
  times?: Partial<LocalServerTimes>;
  /**
   * Bytes of output kept per stream for those who attach later. Default 262144, as in the real servers, and what clients count on: of a
   * server with less, a replay that was cut short looks whole.
   */
  backlogBytes?: number;
  /** Chunks that a slow client may be behind before it silently loses output. Default 256. */
  liveQueueChunks?: number;
  /** Connections at a time, upgraded ones included; more are closed at once. Default 10000. */
  maxConnections?: number;
}

export interface LocalServer {
  /** `http://127.0.0.1:PORT`. The runner is not under `/api` here. */
  readonly url: string;
  readonly token: string;
  readonly dialect: Dialect;
  /** Kills every process it has started, closes every socket, removes the boxes' directories. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Inbound message limits: gorilla's as the runner sets it, axum's default. */
const MESSAGE_LIMIT: Record<Dialect, number> = { runner: 1 << 20, serve: 64 << 20 };

const ADDRESS = "127.0.0.1";

/**
 * Starts a BoxLite server whose boxes are directories and whose commands are processes of this machine: for demos,
 * tests and development without a BoxLite installation. **There is no isolation**: whoever holds the token runs commands
 * as the user who started the server. It listens on 127.0.0.1 only, wants the token from everyone, and refuses requests
 * of web pages of any other origin.
 *
 * It speaks the box, exec, status, signal, resize, kill, attach, files and metrics routes of `boxlite serve` or of the
 * BoxLite cloud, and serve's snapshots, clones, exports and imports, with their replay, their losses for slow readers,
 * their close codes and their error bodies. Where it differs:
 *
 * - A process waits for up to half a second for a client that is behind, and for the first one: only who stands still for longer loses
 *   output.
 * - Output is handed on byte by byte. The real servers decode it as UTF-8 first, which changes bytes that are not text.
 * - There are no images: a command is looked up in `PATH` when it is started, and refused (serve 422, runner 500) if
 *   it is not there. `working_dir` is relative to the box's directory, or a path of this machine.
 * - Standard streams without a terminal are sockets: `echo >&2` works, opening `/dev/stderr` does not.
 * - Paths of files are, like `working_dir`, relative to the box's directory, or paths of this machine.
 * - Metrics count commands and bytes; what a machine would tell is null, and booting takes 0 ms.
 * - Snapshots, clones and exports are copies of the box's directory, with times in whole seconds. Its exports are for
 *   its own imports only.
 * - No images, volumes, networks or main session.
 *
 * @throws TypeError or RangeError for an option that cannot be, Error when the port is taken (`code` is "EADDRINUSE").
 */
export async function startLocalServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  const { dialect = "serve", port = 0, token = randomBytes(32).toString("base64url") } = options;
  if (token === "") throw new TypeError("token is empty: give one, or leave it out for a random one");
  const { backlogBytes = 262_144, liveQueueChunks = 256, maxConnections = 10_000 } = options;
  const { tokenExpiresAt, paging = false } = options;
  for (const [name, value] of Object.entries({ backlogBytes, liveQueueChunks, maxConnections })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} is ${value}: expected 1 or more`);
  }
  if (tokenExpiresAt !== undefined && Number.isNaN(tokenExpiresAt.getTime())) {
    throw new RangeError("tokenExpiresAt is no valid date");
  }
  const times = { ...serverTimes, ...options.times };
  const counters = createServerCounters();
  const state: ServerState = {
    dialect,
    times,
    backlog: { bytes: backlogBytes, queueChunks: liveQueueChunks },
    organization: randomUUID(),
    tokenExpiresAt,
    paging,
    boxes: await createBoxes(dialect, counters),
    counters,
    executions: createExecutions(dialect, times),
  };
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MESSAGE_LIMIT[dialect],
    autoPong: false,
    // The real servers select no subprotocol, and so neither do we.
    handleProtocols: () => false,
  });
  const sockets = new Set<Socket>();
  const inFlight = new Set<Promise<void>>();
  const { headersTimeout } = times;
  // An upload takes as long as it takes; what comes before it does not.
  const limits = {
    headersTimeout,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(30_000, headersTimeout),
  };
  const server = createServer(limits, (request, response) => {
    const answered = answerRequest(state, token, request, response).finally(() => inFlight.delete(answered));
    inFlight.add(answered);
  });
  server.maxConnections = maxConnections;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    // A refused or cut connection may fail while it is written to.
    socket.on("error", () => {});
    try {
      upgrade(state, token, webSockets, request, socket, head);
    } catch (error) {
      const { method = "GET", url = "/" } = request;
      respondRaw(socket, renderUpgradeRefusal(toRefusal(error, dialect), method, url), request, dialect);
    }
  });

  async function close(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    for (const box of state.boxes.list()) box.deleted = true;
    for (const socket of sockets) socket.destroy();
    await Promise.all(inFlight);
    await Promise.all(state.boxes.list().map((box) => endProcesses(state, box, true)));
    state.executions.close();
    await Promise.all([closed, state.boxes.close()]);
  }

  let closing: Promise<void> | undefined;
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  try {
    server.listen(port, ADDRESS);
    await once(server, "listening");
  } catch (error) {
    state.executions.close();
    await state.boxes.close();
    throw error;
  }
  const address = server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${ADDRESS}:${listening}`,
    token,
    dialect,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

async function answerRequest(
  state: ServerState,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const answer = await handle(state, token, request).catch((error: unknown) =>
    renderRefusal(toRefusal(error, state.dialect), method, url),
  );
  await respond(answer, request, response, state.dialect);
}

async function handle(state: ServerState, token: string, request: IncomingMessage): Promise<Answer> {
  const { dialect } = state;
  const { method = "GET" } = request;
  const { pathname, searchParams } = readTarget(request);
  const { route } = admit(state, token, request, pathname);
  const handler = handlersFor(state, route)[method];
  if (handler === undefined) throw refuse.method(dialect, method, pathname);
  const call: Call = {
    method,
    path: pathname,
    query: searchParams,
    body: (front) => readJson(request, dialect, front),
    stream: () => streamBody(request),
  };
  return handler(call);
}

/** The gate of every request and upgrade: where it comes from, then the credential, then whether the route exists. */
function admit(state: ServerState, token: string, request: IncomingMessage, pathname: string): RoutedPath {
  const { dialect, organization } = state;
  const reason = crossSiteRefusal(request.headers);
  if (reason !== undefined) throw refuse.crossSite(dialect, reason);
  const routed = matchRoute(pathname);
  if (routed?.route.name !== "config" && !bearerMatches(request.headers.authorization, token)) {
    throw refuse.unauthenticated(dialect);
  }
  if (routed === undefined || (routed.prefix !== undefined && dialect === "serve")) {
    throw refuse.unknownRoute(dialect, request.method ?? "GET", pathname);
  }
  const { prefix } = routed;
  // An API key ignores the prefix on the socket's path. "default" is the key's own organization.
  const foreign = prefix !== undefined && prefix !== organization && prefix !== "default";
  if (foreign && routed.route.name !== "attach") throw refuse.foreignPrefix(prefix);
  return routed;
}

/** Everything that can be refused is refused before the upgrade, the second client of an execution included. */
function upgrade(
  state: ServerState,
  token: string,
  webSockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { dialect, times } = state;
  const { pathname, searchParams } = readTarget(request);
  const { route } = admit(state, token, request, pathname);
  if (route.name !== "attach") throw refuse.unknownRoute(dialect, request.method ?? "GET", pathname);
  const readOnly = dialect === "serve" && isReadOnly(searchParams.get("stdin"));
  const execution = requireExecution(state, route);
  if (!execution.claim()) throw refuse.alreadyAttached(dialect, route.execution);
  let upgraded = false;
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    upgraded = true;
    answerPings(webSocket);
    attach(webSocket, execution, { dialect, times, readOnly, connection: socket });
  });
  // A handshake that is not one has been answered with 400.
  if (!upgraded) execution.release();
}

/** @throws Refusal for a value that serve does not know. */
function isReadOnly(stdin: string | null): boolean {
  if (stdin === null || stdin === "1" || stdin === "true") return false;
  if (stdin === "0" || stdin === "false") return true;
  throw refuse.invalidArgument("serve", `stdin=${stdin}: use 1, true, 0 or false`);
}

function readTarget(request: IncomingMessage): URL {
  // Only the path and the query are looked at; an absolute target names no route.
  const target = request.url ?? "/";
  return new URL(target.startsWith("/") ? `http://${ADDRESS}${target}` : `http://${ADDRESS}/`);
}

function toRefusal(error: unknown, dialect: Dialect): Refusal {
  if (error instanceof Refusal) return error;
  return refuse.internal(dialect, error instanceof Error ? error.message : String(error));
}
