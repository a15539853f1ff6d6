import type * as v from "valibot";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { GATEWAY_PROTOCOL, TICKET_PROTOCOL } from "../gateway/protocol.ts";
import { Routing as RoutingSchema, Ticket } from "../wire/routing.ts";
import { parseAnswer } from "./answer.ts";
import { bearer, createAuthorization, type Token, tokenOf } from "./authorization.ts";
import { type Call, specOf } from "./call.ts";
import { orLetGo } from "./let-go.ts";
import { type OperationName, segmentsOf } from "./operations.ts";
import { pageLocation } from "./page.ts";
import type { RetryOptions } from "./retry.ts";
import { discoveredRouting, fixedRouting } from "./routing.ts";
import { createSender } from "./sender.ts";
import { encodePath, parseBaseUrl, prefixPath, toWebSocketUrl } from "./urls.ts";

/** The server, as the rest of the client sees it. Every failure is a typed error. */
export interface Http {
  readonly baseUrl: string;
  /** @throws BoxLiteError for every answer that is not a 2xx. */
  send(call: Call): Promise<HttpAnswer>;
  json<S extends v.GenericSchema>(call: Call, schema: S): Promise<v.InferOutput<S>>;
  /** The answer with its body unread: for what is larger than JSON. It must be read to its end, or cancelled. */
  open(call: Call): Promise<Response>;
  /** A request with a body of any size: it may last as long as it likes, but not stand still. */
  upload(call: Call): Promise<HttpAnswer>;
  webSocketUrl(path: readonly string[], signal?: AbortSignal): Promise<string>;
  /** The headers that a WebSocket upgrade needs now. */
  headers(): Promise<Record<string, string>>;
  /** Whether there are others than these, with which an upgrade was refused (401). */
  renewed(refused: Readonly<Record<string, string>>): Promise<boolean>;
  /** The subprotocols that the upgrade of an attach is to offer: none, but to a gateway. */
  protocols(operation: OperationName, params: Readonly<Record<string, string>>): Promise<readonly string[]>;
}

export interface HttpOptions {
  readonly baseUrl: string | URL;
  readonly token?: Token | undefined;
  readonly prefix?: string | null | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly retry?: RetryOptions | undefined;
}

/** @throws InvalidRequestError for a base URL, prefix or token that cannot be used. */
export function createHttp(options: HttpOptions): Http {
  // Relative to the page, or what Deno was given as one.
  const baseUrl = parseBaseUrl(options.baseUrl, globalThis.location?.href);
  const { fetch, prefix, retry = {} } = options;
  const authorization = createAuthorization(options.token, () => {
    // The new token's end is to be known before it comes. Nobody waits for this.
    http.json({ operation: "me" }, RoutingSchema).catch(() => {});
  });
  if (prefix !== undefined) prefixPath(prefix);
  const sender = createSender({ authorization, fetch, retry });
  let behindGateway = false;
  // What a page cannot send with a socket: a token, and the cookies of another origin.
  const page = pageLocation()?.origin;
  const ticketed = page !== undefined && (options.token !== undefined || new URL(baseUrl).origin !== page);
  const routing =
    prefix === undefined
      ? discoveredRouting(async (signal) => {
          const { pathPrefix, prefix } = await http.json({ operation: "me", signal }, RoutingSchema);
          return pathPrefix ?? prefix ?? null;
        })
      : fixedRouting(prefix);

  async function locate(path: string, root: boolean, signal?: AbortSignal): Promise<string> {
    return `${baseUrl}/v1${root ? "" : prefixPath(await routing.prefix(signal))}${path}`;
  }

  /** Checks a call before anything is sent, the discovery of the prefix included. */
  function prepared(call: Call) {
    const path = encodePath(segmentsOf(call.operation, call.params ?? {}));
    const root = specOf(call).root === true;
    return [call, `${baseUrl}/v1${path}`, (signal: AbortSignal) => locate(path, root, signal)] as const;
  }

  /** A gateway shows itself in what it answers. */
  function noted(answer: HttpAnswer): HttpAnswer {
    if (answer.gateway !== undefined) behindGateway = answer.gateway;
    return answer;
  }

  const http: Http = {
    baseUrl,
    async send(call) {
      return noted(await sender.send(...prepared(call)));
    },
    async json(call, schema) {
      const answer = await http.send(call);
      if (call.operation === "me") authorization.endsAt(answer.secret, endOf(answer));
      return parseAnswer(schema, answer);
    },
    open: async (call) => sender.open(...prepared(call)),
    upload: (call) => orLetGo(call.body?.source, async () => noted(await sender.upload(...prepared(call)))),
    webSocketUrl: async (path, signal) => toWebSocketUrl(await locate(encodePath(path), false, signal)),
    headers: async () => bearer(await authorization.token()),
    async renewed(refused) {
      const token = tokenOf(refused);
      return (await authorization.renewed(token)) !== token;
    },
    async protocols(operation, params) {
      if (!behindGateway) return [];
      if (!ticketed) return [GATEWAY_PROTOCOL];
      const { ticket } = await http.json({ operation, params }, Ticket);
      return [GATEWAY_PROTOCOL, TICKET_PROTOCOL + ticket];
    },
  };
  return http;
}

/** Until when the token that `/v1/me` was asked with is good. */
function endOf(me: HttpAnswer): number {
  const { expiresAt } = parseAnswer(RoutingSchema, me);
  const time = expiresAt === undefined ? Number.NaN : Date.parse(expiresAt);
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}
