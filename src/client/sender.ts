import ky, { type AfterResponseHook, isNetworkError } from "ky";
import { errorFromAnswer } from "../errors/decode.ts";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { InvalidResponseError, NetworkError, TimeoutError } from "../errors/index.ts";
import { GATEWAY_HEADER } from "../gateway/protocol.ts";
import { readText } from "./answer.ts";
import { type Authorization, bearer } from "./authorization.ts";
import { withDeadline } from "./deadline.ts";
import { withoutSecrets } from "./urls.ts";

/** One request of the REST API. */
export interface Call {
  /** What the caller wants, for messages: `Create box`. */
  readonly action: string;
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  /** Behind `/v1/{prefix}`, each segment as it is. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Milliseconds for all of it, retries included. Default 30,000. */
  readonly timeout?: number;
  /** Whether it is sent again, twice at most, after no answer or a 502, 503 or 504. Only where that is harmless. */
  readonly retry?: boolean;
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps the request from being sent; one that is under way goes on. */
  readonly unless?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT = 30_000;
const RETRIES = 2;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Sends a call: finds its URL, authorizes, sends and reads, all within the call's time.
 *
 * @param roughUrl For messages while `locate` has not answered.
 * @throws BoxLiteError for every answer that is not a 2xx, and for none.
 */
export type Sender = (
  call: Call,
  roughUrl: string,
  locate: (signal: AbortSignal) => Promise<string>,
) => Promise<HttpAnswer>;

type Fetch = typeof globalThis.fetch;

export function createSender(authorization: Authorization, fetch: Fetch | undefined): Sender {
  return (call, roughUrl, locate) => {
    const timeout = call.timeout ?? DEFAULT_TIMEOUT;
    let asked = describe(call, roughUrl);
    const timedOut = () =>
      new TimeoutError(
        "timeout",
        `${asked}: no answer within ${timeout / 1000} s. The server may be overloaded; what was asked may still have happened.`,
      );
    return withDeadline(timeout, call.signal, timedOut, async (signal) => {
      const url = await locate(signal);
      asked = describe(call, url);
      const token = await authorization.token();
      let answer = await exchange(call, asked, url, token, fetch, signal);
      if (answer.status === 401 && authorization.renewable) {
        // It was refused, so nothing has happened yet: sending it again is safe, whatever it is.
        const renewed = await authorization.token();
        if (renewed !== token) answer = await exchange(call, asked, url, renewed, fetch, signal);
      }
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw errorFromAnswer(answer, Date.now());
    });
  };
}

/** One request, with its retries, and its answer. */
async function exchange(
  call: Call,
  asked: string,
  url: string,
  token: string | undefined,
  fetch: Fetch | undefined,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  call.unless?.throwIfAborted();
  const retries = call.retry === true ? RETRIES : 0;
  try {
    const response = await ky(url, {
      method: call.method,
      headers: { accept: "application/json", ...bearer(token) },
      signal,
      // The token goes to no other origin, and a redirected POST would arrive as a GET.
      redirect: "manual",
      throwHttpErrors: false,
      timeout: false,
      retry: { limit: retries, methods: ["get", "head", "delete"] },
      ...(retries === 0 ? {} : { hooks: { afterResponse: [retryHiccup] } }),
      ...(call.query === undefined ? {} : { searchParams: { ...call.query } }),
      ...(call.json === undefined ? {} : { json: call.json }),
      // Not as it is: the platform's own must not be called as a method.
      ...(fetch === undefined ? {} : { fetch: (input, init) => fetch(input, init) }),
    });
    return await toAnswer(asked, token, response);
  } catch (error) {
    if (error instanceof InvalidResponseError) throw error;
    throw networkError(asked, error);
  }
}

/** A gateway's hiccup is tried again; a server that says when to come back is left to the caller. */
const retryHiccup: AfterResponseHook = ({ response, retryCount }) =>
  RETRIED_STATUSES.has(response.status) && retryCount < RETRIES && !response.headers.has("retry-after")
    ? ky.retry()
    : undefined;

async function toAnswer(asked: string, secret: string | undefined, response: Response): Promise<HttpAnswer> {
  const { headers, status } = response;
  const location = headers.get("location");
  return {
    asked,
    status,
    text: await readText(response, asked),
    contentType: headers.get("content-type") ?? "",
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfter: headers.get("retry-after") ?? undefined,
    gateway: headers.has(GATEWAY_HEADER),
    location: location === null ? undefined : withoutSecrets(location, response.url),
    secret,
  };
}

function networkError(asked: string, error: unknown): NetworkError {
  // ky's own error holds the request, whose headers hold the token: only what is below it is passed on.
  const cause = isNetworkError(error) ? error.cause : error;
  const advice = isCrossOrigin(asked)
    ? " BoxLite servers do not answer pages of another origin: go through a gateway, on the page's own or with the page in its origins."
    : "";
  const message = `${asked}: no answer from the server (${reasonOf(cause)}). Check that it runs and that baseUrl is right.`;
  return new NetworkError(message + advice, { cause });
}

/** The innermost message: `fetch failed` says nothing, its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  // Node's AggregateError of several failed connects has an empty message.
  return error.message || String("code" in error ? error.code : error.name);
}

/** Whether a page asked a server that is not its own. */
function isCrossOrigin(asked: string): boolean {
  return globalThis.location !== undefined && !asked.includes(` ${globalThis.location.origin}/`);
}

function describe(call: Call, url: string): string {
  return `${call.action} (${call.method} ${withoutSecrets(url)})`;
}
