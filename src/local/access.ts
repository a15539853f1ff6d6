import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Why a request must be refused whatever its credential, or undefined when it may go on.
 *
 * Any page in the user's browser can reach a loopback port. A page on a rebound domain name sends that name as `Host`;
 * a page on any other origin sends its own `Origin`, also on a WebSocket upgrade. Neither may get any further.
 */
export function crossSiteRefusal(headers: IncomingHttpHeaders): string | undefined {
  const { host, origin } = headers;
  if (host === undefined || !LOOPBACK_HOST.test(host)) {
    return `Host "${host ?? ""}" is not this machine: use 127.0.0.1, localhost or [::1]`;
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return `Origin "${origin}" is not http://${host}: web pages of other origins are refused`;
  }
  return undefined;
}

/** Whether an `Authorization` header carries exactly this bearer token, in time independent of where it differs. */
export function bearerMatches(authorization: string | undefined, token: string): boolean {
  const given = /^bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return false;
  // Digests have one length, which timingSafeEqual needs, and hide the token's own.
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
