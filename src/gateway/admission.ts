import { type Refusal, refusal } from "./refusal.ts";

/** Where a request comes from, as far as it says. */
export interface Arrival {
  readonly headers: Headers;
  readonly method: string;
  readonly upgrade: boolean;
  /** Scheme and host that it was sent to: `http://127.0.0.1:5173`. */
  readonly url: string;
  /** The connection came over the loopback interface. */
  readonly loopback: boolean;
}

export interface AdmissionRules {
  /** Origins of pages besides the gateway's own. */
  readonly origins: ReadonlySet<string>;
  /** Values of `Host`, with or without a port. Undefined: any, but on the loopback interface only this machine's names. */
  readonly hosts: ReadonlySet<string> | undefined;
}

export interface Admission {
  readonly kind: "admitted";
  readonly origin: string | null;
  /** The page is one of the configured origins: it needs CORS. */
  readonly cross: boolean;
}

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;

/**
 * Whether a request may pass as far as its page is concerned. The gateway acts for whoever the browser is signed in as, so it must
 * tell the application's pages from all others that the same browser shows:
 *
 * - A page on a rebound domain name sends that name as `Host`.
 * - A page of another origin sends its `Origin` with every upgrade and with all that could change something; with what it may
 *   send without (an image, a form's GET), browsers say `Sec-Fetch-Site: cross-site` or `same-site`.
 */
export function admit(arrival: Arrival, rules: AdmissionRules): Admission | Refusal {
  const { headers, method, upgrade, loopback } = arrival;
  const { protocol, host: asked } = new URL(arrival.url);
  const host = (headers.get("host") ?? asked).toLowerCase();
  if (!HOST.test(host)) return refusal(400, "The Host header is none.");
  if (rules.hosts !== undefined ? !isListed(host, rules.hosts) : loopback && !LOOPBACK_HOST.test(host)) {
    return refusal(
      403,
      `Host "${host}" is not this gateway's: use localhost or 127.0.0.1, or add the name to hosts of createGateway().`,
    );
  }
  const origin = headers.get("origin")?.toLowerCase() ?? null;
  const own = origin !== null && isOwn(origin, protocol, host);
  const cross = !own && origin !== null && rules.origins.has(origin);
  const changes = upgrade || (method !== "GET" && method !== "HEAD");
  if (origin === null ? changes : !own && !cross) {
    return refusal(
      403,
      `${origin === null ? "No Origin was sent" : `Origin "${origin}" is none of its own`}: only pages of ${protocol}//${host}, and those in origins of createGateway(), may do this.`,
    );
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && !cross) {
    return refusal(
      403,
      `Sec-Fetch-Site "${site}" is not same-origin: only the application's own pages may do this.`,
    );
  }
  return { kind: "admitted", origin, cross };
}

/**
 * A page of the very origin. A proxy that ends TLS in front of the gateway makes `https:` pages arrive over `http:`; that is
 * as good, except on this machine, where another port is another application.
 */
function isOwn(origin: string, protocol: string, host: string): boolean {
  if (origin === `${protocol}//${host}`) return true;
  return protocol === "http:" && origin === `https://${host}` && !LOOPBACK_HOST.test(host);
}

function isListed(host: string, hosts: ReadonlySet<string>): boolean {
  return hosts.has(host) || hosts.has(host.replace(/:\d+$/, ""));
}

/** @throws TypeError for what no browser sends as an origin, and for "*": the gateway is nobody's but the pages' that are named. */
export function checkOrigins(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || origin === "null") {
      throw new TypeError(
        `createGateway: origins has ${JSON.stringify(origin)}; expected scheme and host of a page, such as "https://app.example".`,
      );
    }
  }
  return new Set(origins);
}

/** @throws TypeError for what cannot be in a `Host` header. */
export function checkHosts(hosts: readonly string[] | undefined): ReadonlySet<string> | undefined {
  for (const host of hosts ?? []) {
    if (!HOST.test(host.toLowerCase())) {
      throw new TypeError(
        `createGateway: hosts has ${JSON.stringify(host)}; expected a name as in the Host header, such as "app.example".`,
      );
    }
  }
  return hosts && new Set(hosts.map((host) => host.toLowerCase()));
}
