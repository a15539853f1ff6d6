import type { Admission } from "./admission.ts";
import { GATEWAY_HEADER, GATEWAY_PROTOCOL } from "./protocol.ts";

/**
 * What passes, in both directions, is listed; what is not, does not. So no cookie, credential, origin, forwarding or hop-by-hop
 * header gets through, those that `Connection` names included, nor one that somebody invents tomorrow.
 */
const TO_SERVER = ["accept", "content-type", "idempotency-key", "x-request-id"];
const TO_PAGE = [
  "allow",
  "content-disposition",
  "content-type",
  "retry-after",
  "x-boxlite-execution-id",
  "x-boxlite-source-is-dir",
  "x-request-id",
];
const RATE_LIMIT = /^x-ratelimit-[a-z0-9-]+$/;

/** Of an answer, what a page of another origin may read beside its body. Rate limits have names that are only known when they come. */
const EXPOSED = [GATEWAY_HEADER, "retry-after", "x-boxlite-source-is-dir", "x-request-id"];

const MAX_VALUE = 1024;
const HOP_BY_HOP = "connection";

/** The headers of the request to the server. */
export function headersToServer(page: Headers, token: string | undefined): Headers {
  const named = new Set((page.get(HOP_BY_HOP) ?? "").toLowerCase().split(/\s*,\s*/));
  const headers = new Headers();
  for (const name of TO_SERVER) {
    const value = page.get(name);
    if (value !== null && value.length <= MAX_VALUE && !named.has(name)) headers.set(name, value);
  }
  // Else it may be compressed, and is passed on without being looked into.
  headers.set("accept-encoding", "identity");
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return headers;
}

/** The headers of the answer to the page. */
export function headersToPage(server: Headers, redact: (text: string) => string): Headers {
  const headers = new Headers();
  for (const [name, value] of server) {
    if (TO_PAGE.includes(name) || RATE_LIMIT.test(name)) headers.set(name, redact(value));
  }
  const type = headers.get("content-type");
  if (type !== null) headers.set("content-type", harmlessType(type));
  return headers;
}

/** The page's own origin serves what boxes contain: nothing of it may run there. */
function harmlessType(type: string): string {
  const essence = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (essence === "application/json" || essence === "text/plain" || essence === "application/x-tar")
    return type;
  return isText(essence) ? "text/plain; charset=utf-8" : "application/octet-stream";
}

export function isText(type: string): boolean {
  return /^text\/|[/+](json|xml)\b/i.test(type);
}

/** Adds to an answer what every one has, and what a page of another origin needs to read it. */
export function finishHeaders(headers: Headers, admission: Admission | undefined): void {
  headers.set(GATEWAY_HEADER, GATEWAY_PROTOCOL);
  headers.set("cache-control", "no-store");
  headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("referrer-policy", "no-referrer");
  headers.set("x-content-type-options", "nosniff");
  headers.append("vary", "Origin");
  if (admission?.cross && admission.origin !== null) {
    const limits = [...headers.keys()].filter((name) => RATE_LIMIT.test(name));
    headers.set("access-control-allow-origin", admission.origin);
    headers.set("access-control-allow-credentials", "true");
    headers.set("access-control-expose-headers", [...EXPOSED, ...limits].join(", "));
  }
}

/** The answer to a preflight of a page that is let in. */
export function preflightResponse(methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": methods.filter((method) => method !== "UPGRADE").join(", "),
      "access-control-allow-headers": ["authorization", ...TO_SERVER].join(", "),
      "access-control-max-age": "600",
    },
  });
}
