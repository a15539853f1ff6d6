import type * as v from "valibot";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { GATEWAY_PROTOCOL, TICKET_PROTOCOL } from "../gateway/protocol.ts";
import { parseAnswer } from "./answer.ts";
import { bearer, createAuthorization, type Token } from "./authorization.ts";
import { discoveredRouting, fixedRouting } from "./routing.ts";
import { Me, Ticket } from "./schemas.ts";
import { type Call, createSender, type Sender } from "./sender.ts";
import { encodePath, parseBaseUrl, prefixPath, toWebSocketUrl } from "./urls.ts";

/** The server, as the rest of the client sees it. Every failure is a typed error. */
export interface Http {
  readonly baseUrl: string;
  /** @throws BoxLiteError for every answer that is not a 2xx. */
  send(call: Call): Promise<HttpAnswer>;
  json<S extends v.GenericSchema>(call: Call, schema: S): Promise<v.InferOutput<S>>;
  webSocketUrl(path: readonly string[]): Promise<string>;
  /** The headers that a WebSocket upgrade needs now. */
  headers(): Promise<Record<string, string>>;
  /** The subprotocols that the upgrade of an attach is to offer: none, but to a gateway. */
  protocols(path: readonly string[]): Promise<readonly string[]>;
}

export interface HttpOptions {
  readonly baseUrl: string | URL;
  readonly token?: Token | undefined;
  readonly prefix?: string | null | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** @throws InvalidRequestError for a base URL, prefix or token that cannot be used. */
export function createHttp(options: HttpOptions): Http {
  const baseUrl = parseBaseUrl(options.baseUrl, globalThis.location?.href);
  const authorization = createAuthorization(options.token);
  const { fetch, prefix } = options;
  if (prefix !== undefined) prefixPath(prefix);
  const send = createSender(authorization, fetch);
  let behindGateway = false;
  const sender: Sender = async (...call) => {
    const answer = await send(...call);
    behindGateway = answer.gateway === true;
    return answer;
  };
  // What a page cannot send with a socket: a token, and the cookies of another origin.
  const page = globalThis.location?.origin;
  const ticketed = page !== undefined && (options.token !== undefined || new URL(baseUrl).origin !== page);
  const routing =
    prefix === undefined
      ? discoveredRouting((signal) => discoverPrefix(sender, baseUrl, signal))
      : fixedRouting(prefix);

  async function locate(path: string, signal?: AbortSignal): Promise<string> {
    return `${baseUrl}/v1${prefixPath(await routing.prefix(signal))}${path}`;
  }

  const http: Http = {
    baseUrl,
    async send(call) {
      // Refused before anything is sent, the discovery of the prefix included.
      const path = encodePath(call.path);
      return sender(call, `${baseUrl}/v1${path}`, (signal) => locate(path, signal));
    },
    async json(call, schema) {
      return parseAnswer(schema, await http.send(call));
    },
    webSocketUrl: async (path) => toWebSocketUrl(await locate(encodePath(path))),
    headers: async () => bearer(await authorization.token()),
    async protocols(path) {
      if (!behindGateway) return [];
      if (!ticketed) return [GATEWAY_PROTOCOL];
      const { ticket } = await http.json({ action: "Ask for a ticket", method: "POST", path }, Ticket);
      return [GATEWAY_PROTOCOL, TICKET_PROTOCOL + ticket];
    },
  };
  return http;
}

async function discoverPrefix(sender: Sender, baseUrl: string, signal: AbortSignal): Promise<string | null> {
  const call: Call = { action: "Ask for the tenant", method: "GET", path: ["me"], retry: true, signal };
  const url = `${baseUrl}/v1/me`;
  const me = parseAnswer(Me, await sender(call, url, async () => url));
  return me.path_prefix ?? me.prefix ?? null;
}
