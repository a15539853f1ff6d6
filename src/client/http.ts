import type * as v from "valibot";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { parseAnswer } from "./answer.ts";
import { bearer, createAuthorization, type Token } from "./authorization.ts";
import { discoveredRouting, fixedRouting } from "./routing.ts";
import { Me } from "./schemas.ts";
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
  const sender = createSender(authorization, fetch);
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
  };
  return http;
}

async function discoverPrefix(sender: Sender, baseUrl: string, signal: AbortSignal): Promise<string | null> {
  const call: Call = { action: "Ask for the tenant", method: "GET", path: ["me"], retry: true, signal };
  const url = `${baseUrl}/v1/me`;
  const me = parseAnswer(Me, await sender(call, url, async () => url));
  return me.path_prefix ?? me.prefix ?? null;
}
