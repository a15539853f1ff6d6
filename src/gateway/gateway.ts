import { createCredential, type Token } from "../rest/authorization.ts";
import { type Admission, admit, checkHosts, checkOrigins } from "./admission.ts";
import { type Attach, openAttach, refuseInBand } from "./attach.ts";
import { type Allowed, type Authorize, askFor, uncovered } from "./authorize.ts";
import { forward } from "./forward.ts";
import { finishHeaders, preflightResponse } from "./headers.ts";
import { GATEWAY_PROTOCOL, TICKET_PROTOCOL } from "./protocol.ts";
import { type Refusal, refusal, refusalResponse } from "./refusal.ts";
import type { Dial } from "./relay.ts";
import { matchRoute, parseTarget, type Route } from "./routes.ts";
import { createTicketStore, newTicket, TICKET_LIFETIME, type TicketStore } from "./tickets.ts";

export interface GatewayOptions {
  /** The BoxLite server, e.g. `http://127.0.0.1:8100` (`boxlite serve`) or `https://host/api` (the cloud). */
  readonly target: string | URL;
  /** The server's bearer token, or a function that is called for each request. It never leaves the gateway but to the server. */
  readonly token?: Token | undefined;
  /** Who may do what. Default: nobody, nothing. */
  readonly authorize?: Authorize | undefined;
  /** Where the gateway is mounted: `/api` for `/api/v1/boxes`. Default "": at the root. */
  readonly basePath?: string | undefined;
  /** Origins of pages, besides the gateway's own, that may use it, such as `https://app.example`. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /**
   * Names that the gateway is reached by, as in the `Host` header, with or without a port. Default: any; on connections over the
   * loopback interface (as far as the platform tells) only localhost, 127.0.0.1 and [::1]. Behind a proxy on the same machine, give it.
   */
  readonly hosts?: readonly string[] | undefined;
  /** The only tenant's prefix that a page may use, for a token that has several. Default: the server decides. */
  readonly prefix?: string | undefined;
  /**
   * Bytes that may wait for a page that is slow, and for a server that is slow to take stdin, per attach. Beyond, the older half of the
   * output that waits is dropped, and the page told how much: a `gap` there. A page that does not know the gateway's subprotocol, or sends
   * stdin beyond it, is cut. Default 8 MiB.
   */
  readonly maxBufferedBytes?: number | undefined;
  /** Attaches at a time, with those that are being decided on. Beyond, an upgrade is answered with 503. Default 10,000. */
  readonly maxAttaches?: number | undefined;
  /** Default: the memory of this process. */
  readonly tickets?: TicketStore | undefined;
}

/** What a platform knows of a connection that a `Request` does not say. */
export interface GatewayConnection {
  /** It came over the loopback interface. */
  readonly loopback?: boolean | undefined;
}

/** A gateway on web standards. What a platform has beside `fetch` (upgrades, Node's requests) is in its adapter. */
export interface Gateway {
  /** Whether a path (of a URL, with or without a query) is below the mount point. */
  handles(path: string): boolean;
  /** Answers a request. Never rejects. */
  fetch(request: Request, connection?: GatewayConnection): Promise<Response>;
  /** For adapters: decides on an upgrade and opens the server's end with `dial`. Never rejects. */
  attach(request: Request, dial: Dial, connection?: GatewayConnection): Promise<Attach>;
}

/** A request that may go on: who it is from, what it is about. */
interface Admitted {
  readonly route: Route;
  readonly query: string;
  readonly admission: Admission;
}

/**
 * Makes a gateway: it holds the BoxLite credential on the server and lets pages in under the application's own rules. It
 * forwards the known routes of the API and nothing else.
 *
 * @throws TypeError for an option that cannot be; no message repeats the token.
 */
export function createGateway(options: GatewayOptions): Gateway {
  const target = checkTarget(options.target);
  const credential = createCredential(options.token);
  const basePath = checkBasePath(options.basePath ?? "");
  const rules = { origins: checkOrigins(options.origins ?? []), hosts: checkHosts(options.hosts) };
  const {
    authorize,
    prefix,
    tickets = createTicketStore(),
    maxBufferedBytes: ceiling = 8 * 1024 * 1024,
    maxAttaches = 10_000,
  } = options;
  for (const [name, value] of Object.entries({ maxBufferedBytes: ceiling, maxAttaches })) {
    if (!(value >= 1)) throw new TypeError(`createGateway: ${name} is ${value}; expected 1 or more.`);
  }
  let attaches = 0;

  function handles(path: string): boolean {
    return basePath === "" || path.startsWith(`${basePath}/`);
  }

  /** What can be said without asking the application. */
  function look(request: Request, upgrade: boolean, admission: Admission): Admitted | Refusal | Response {
    const asked = parseTarget(targetOf(request.url));
    if (asked === undefined) {
      return refusal(
        400,
        "The gateway forwards no path that could be read in two ways: encoded slashes, dots, percent signs.",
      );
    }
    const mount = basePath.split("/").length - 1;
    const found = matchRoute(upgrade ? "UPGRADE" : request.method, asked.segments.slice(mount));
    if (!handles(targetOf(request.url)) || found.kind === "unknown") {
      return refusal(404, "The gateway forwards no such route.");
    }
    if (found.kind === "method") {
      const preflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
      if (preflight && admission.cross) return preflightResponse(found.allowed);
      return refusal(405, `The gateway forwards ${found.allowed.join(", ")} here, and nothing else.`);
    }
    const { route } = found;
    if (prefix !== undefined && route.prefix !== "" && route.prefix !== prefix) {
      return refusal(403, "The gateway forwards another prefix only.");
    }
    return { route, query: asked.query, admission };
  }

  async function answer(request: Request, { route, query, admission }: Admitted): Promise<Response> {
    const decision = await allowed(request, route);
    if ("status" in decision) return refusalResponse(decision);
    const { operation, path } = route;
    if (request.method === "POST" && (operation === "execution.attach" || operation === "box.attach")) {
      const ticket = newTicket();
      await tickets.put(ticket, { path, origin: admission.origin }, TICKET_LIFETIME);
      return Response.json({ ticket }, { status: 201 });
    }
    const token = await credential();
    return forward(request, { url: `${target}/v1${path}${query}`, route, decision, token });
  }

  async function allowed(request: Request, route: Route): Promise<Allowed | Refusal> {
    const decision = await askFor(authorize, request);
    return "status" in decision ? decision : (uncovered(decision, route) ?? decision);
  }

  /** A ticket stands for the decision that was taken when it was given out. */
  async function redeemed(ticket: string, { route, admission }: Admitted): Promise<Refusal | undefined> {
    const grant = await tickets.take(ticket);
    if (grant?.path === route.path && grant.origin === admission.origin) return undefined;
    return refusal(
      401,
      "The ticket is used up, too old, or another attach's. Ask for a new one for each attach.",
    );
  }

  async function attach(request: Request, dial: Dial, admitted: Admitted, isFull: boolean): Promise<Attach> {
    const { route, query } = admitted;
    const offered = (request.headers.get("sec-websocket-protocol") ?? "")
      .split(",")
      .map((name) => name.trim());
    const framed = offered.includes(GATEWAY_PROTOCOL);
    const ticket = offered.find((name) => name.startsWith(TICKET_PROTOCOL))?.slice(TICKET_PROTOCOL.length);
    const decide = () => (ticket === undefined ? allowed(request, route) : redeemed(ticket, admitted));
    const decision = isFull ? TOO_MANY : await decide();
    const refused = decision !== undefined && "status" in decision ? decision : undefined;
    const url = `${target}/v1${route.path}${query}`;
    const result =
      refused ?? (await openAttach(request, dial, { url, token: await credential(), ceiling, framed }));
    if ("kind" in result) return result;
    return framed ? refuseInBand(result) : { kind: "answer", response: refusalResponse(result) };
  }

  return {
    handles,
    async fetch(request, connection) {
      const admission = admit(arrivalOf(request, false, connection), rules);
      const from = "status" in admission ? undefined : admission;
      const response = await answered(request, async () => {
        if ("status" in admission) return refusalResponse(admission);
        if (isUpgrade(request)) return refusalResponse(NO_UPGRADES);
        const seen = look(request, false, admission);
        if (seen instanceof Response) return seen;
        return "status" in seen ? refusalResponse(seen) : answer(request, seen);
      });
      finishHeaders(response.headers, from);
      return response;
    },
    async attach(request, dial, connection) {
      const admission = admit(arrivalOf(request, true, connection), rules);
      let result: Attach | undefined;
      attaches += 1;
      const isFull = attaches > maxAttaches;
      let counts = true;
      const leave = () => {
        if (counts) attaches -= 1;
        counts = false;
      };
      const response = await answered(request, async () => {
        if ("status" in admission) return refusalResponse(admission);
        const seen = look(request, true, admission);
        if (seen instanceof Response) return seen;
        if ("status" in seen) return refusalResponse(seen);
        result = await attach(request, dial, seen, isFull);
        return result.kind === "answer" ? result.response : undefined;
      });
      const accepted = response === undefined && result?.kind === "accept" ? result : undefined;
      if (accepted !== undefined && !isFull) return leaving(accepted, leave);
      leave();
      if (accepted !== undefined) return accepted;
      const answer = response ?? refusalResponse(refusal(500, FAILED));
      finishHeaders(answer.headers, undefined);
      return { kind: "answer", response: answer };
    },
  };
}

/** Says when its page is gone. */
function leaving(attach: Extract<Attach, { kind: "accept" }>, gone: () => void): Attach {
  const { message, closed } = attach.page;
  const page = {
    message,
    closed(code: number, reason: string) {
      gone();
      closed(code, reason);
    },
  };
  return { ...attach, page };
}

const TOO_MANY = refusal(503, "The gateway has as many attaches as it takes. Try again.", {
  "retry-after": "1",
});
const FAILED = "The gateway failed. Its log says why.";
const NO_UPGRADES = refusal(
  501,
  "This server cannot pass on WebSockets: mount the gateway's adapter for the platform (see docs/gateway.md).",
);

/** What the application gives (a token function, a ticket store) may fail; the page is told that, and not more. */
async function answered<T>(request: Request, act: () => Promise<T>): Promise<T | Response> {
  try {
    return await act();
  } catch (error) {
    if (!request.signal.aborted) console.error("boxlite-web gateway:", error);
    return refusalResponse(refusal(500, FAILED));
  }
}

function arrivalOf(request: Request, upgrade: boolean, connection: GatewayConnection | undefined) {
  const { headers, method, url } = request;
  return { headers, method, url, upgrade, loopback: connection?.loopback === true };
}

export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** Path and query as they stand in a URL: not parsed, which would resolve what is to be refused. */
function targetOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, "");
}

function checkTarget(target: string | URL): string {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new TypeError(
      'createGateway: target must be an http: or https: URL without credentials, query or fragment, such as "http://127.0.0.1:8100".',
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function checkBasePath(basePath: string): string {
  const path = basePath.replace(/\/$/, "");
  if (path === "" || (/^(\/[A-Za-z0-9_.~-]+)+$/.test(path) && parseTarget(path) !== undefined)) return path;
  throw new TypeError(
    `createGateway: basePath is ${JSON.stringify(basePath)}; expected a path such as "/api".`,
  );
}
