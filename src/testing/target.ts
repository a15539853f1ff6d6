import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { urlToHttpOptions } from "node:url";

/** Headers that are about one connection, not about the request. The proxy's connections are its own. */
const PER_CONNECTION = new Set(["connection", "keep-alive", "proxy-connection"]);

/** Throws a `TypeError` unless `target` is an http or https URL without credentials, query or fragment. */
export function parseTarget(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.search || url.hash) {
    throw new TypeError(
      `Fault proxy: target must be an http: or https: URL without credentials, query or fragment, such as http://127.0.0.1:8100.`,
    );
  }
  return url;
}

/**
 * Begins a request to the target that repeats `incoming`: method, path and headers as they came, except for
 * `Host` and the headers about the connection. Each request has a connection of its own: one kept alive could
 * be found dead, which would be a fault that nobody asked for.
 */
export function requestTarget(target: URL, incoming: IncomingMessage, upgrade: boolean): ClientRequest {
  const headers = [...keptHeaders(incoming.rawHeaders, upgrade ? WITHOUT_EXTENSIONS : NOTHING_MORE)];
  headers.unshift("Host", target.host);
  headers.push("Connection", upgrade ? "Upgrade" : "close");
  const options = {
    ...urlToHttpOptions(target),
    path: `${target.pathname.replace(/\/$/, "")}${incoming.url ?? "/"}`,
    method: incoming.method,
    headers,
    agent: false,
  };
  return target.protocol === "https:" ? httpsRequest(options) : httpRequest(options);
}

const NOTHING_MORE: ReadonlySet<string> = new Set(["host"]);

/** Without an extension, a frame's payload is what it says. */
const WITHOUT_EXTENSIONS: ReadonlySet<string> = new Set(["host", "sec-websocket-extensions"]);

/**
 * The name-value pairs of a raw header list, flat, without those about the connection and those in
 * `dropped`.
 */
export function keptHeaders(
  rawHeaders: readonly string[],
  dropped: ReadonlySet<string> = new Set(),
): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const key = name.toLowerCase();
    if (!PER_CONNECTION.has(key) && !dropped.has(key)) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}

/** The sentence that a client gets with a 502. */
export function unreachable(target: URL, error: Error): string {
  const reason = error.message || ("code" in error ? String(error.code) : error.name);
  return `The fault proxy got no answer from its target ${target.origin}: ${reason}.\n`;
}
