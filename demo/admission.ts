import type { IncomingHttpHeaders } from "node:http";

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Why a request that breaks the network must not pass, or undefined. It acts for the user, as the gateway does, so that it must
 * tell its own page from every other page that the user's browser shows:
 *
 * - A page on a rebound domain name sends that name as `Host`.
 * - A page of another origin sends its `Origin` with every request that could change something; with
 *   what it may send without one (an image, a form's GET), browsers say `Sec-Fetch-Site: cross-site` or `same-site`.
 */
export function refusalOf(headers: IncomingHttpHeaders, method: string): string | undefined {
  const { host = "", origin } = headers;
  if (!LOOPBACK_HOST.test(host)) return `Host "${host}" is not this machine: use localhost or 127.0.0.1.`;
  const own = `http://${host}`.toLowerCase();
  const needed = method !== "GET" && method !== "HEAD";
  if (origin === undefined ? needed : origin.toLowerCase() !== own) {
    return `Origin "${origin ?? ""}" is not ${own}: only the demo's own page may do this.`;
  }
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") {
    return `Sec-Fetch-Site "${site}" is not same-origin: only the demo's own page may do this.`;
  }
  return undefined;
}
