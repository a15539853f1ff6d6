import ky, { isNetworkError } from "ky";
import { errorFromAnswer } from "../errors/decode.ts";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { type BoxLiteError, NetworkError } from "../errors/index.ts";
import { isIdempotent } from "../errors/retryable.ts";
import { GATEWAY_HEADER } from "../gateway/protocol.ts";
import { readText } from "./answer.ts";
import { bearer } from "./authorization.ts";
import { isRepeatable } from "./body.ts";
import { type Call, describeCall, specOf } from "./call.ts";
import { pageLocation } from "./page.ts";
import { isRedirectError, redirectOfStream } from "./redirect.ts";
import { withoutSecrets } from "./urls.ts";

export type Fetch = typeof globalThis.fetch;

/** One request, ready to be sent. */
export interface Exchange {
  readonly call: Call;
  /** With its query. */
  readonly url: string;
  readonly token: string | undefined;
  /** The same for each repetition; undefined where the contract has none. */
  readonly key: string | undefined;
  readonly fetch: Fetch | undefined;
  readonly signal: AbortSignal;
  /** Makes what is sent as the call's body, for each request anew. */
  readonly body: (() => Blob | ReadableStream<Uint8Array>) | undefined;
}

/**
 * Sends one request, once: the repetitions are the sender's, because ky's would keep a copy of a body that is a stream, and cannot be
 * told that a `Retry-After` is too long.
 *
 * @throws NetworkError where there is no answer, InvalidResponseError for a redirect that the platform reports as none.
 */
export async function exchange(request: Exchange): Promise<Response> {
  const { call, url, token, key, fetch, signal } = request;
  signal.throwIfAborted();
  call.unless?.throwIfAborted();
  const { json, accept = "application/json" } = call;
  const made = request.body?.();
  try {
    return await ky(url, {
      method: specOf(call).method,
      headers: {
        accept,
        ...bearer(token),
        ...(key === undefined ? {} : { "idempotency-key": key }),
        ...(call.body === undefined ? {} : { "content-type": call.body.type }),
      },
      signal,
      // The token goes to no other origin, and a redirected POST would arrive as a GET.
      redirect: made instanceof ReadableStream ? redirectOfStream() : "manual",
      throwHttpErrors: false,
      timeout: false,
      retry: 0,
      ...(json === undefined ? {} : { json }),
      ...(made === undefined ? {} : { body: made }),
      // Not as it is: the platform's own must not be called as a method.
      ...(fetch === undefined ? {} : { fetch: (input, init) => fetch(input, init) }),
    });
  } catch (error) {
    if (made instanceof ReadableStream && isRedirectError(error)) throw redirected(request);
    throw networkError(request, error);
  }
}

/** A redirect that the platform reports as a failure, as browsers show one: without what it was. */
function redirected({ call, url }: Exchange): BoxLiteError {
  const asked = describeCall(call, url);
  return errorFromAnswer({ asked, operation: call.operation, status: 0, text: "", contentType: "" }, 0);
}

/** An answer with its body, as far as one of the API's can be. @throws NetworkError for a body that does not come whole. */
export async function readAnswer(request: Exchange, response: Response): Promise<HttpAnswer> {
  const { call, url, token } = request;
  const { headers, status } = response;
  const location = headers.get("location");
  const spec = specOf(call);
  const asked = describeCall(call, url);
  return {
    asked,
    operation: call.operation,
    method: spec.method,
    partial: spec.partial === true,
    naming: spec.path.includes(":"),
    status,
    text: await readText(
      response,
      { asked, operation: call.operation },
      (error) => brokenOff(request, error),
      request.signal,
    ),
    contentType: headers.get("content-type") ?? "",
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfter: headers.get("retry-after") ?? undefined,
    gateway: headers.has(GATEWAY_HEADER),
    location: location === null ? undefined : withoutSecrets(location, response.url),
    secret: token,
    secrets: call.secrets,
  };
}

/** What became of a request whose answer did not come. */
export function networkError(request: Exchange, error: unknown): NetworkError {
  const page = pageLocation();
  const { origin } = new URL(request.url);
  const advice =
    page !== undefined && page.origin !== origin
      ? " BoxLite servers do not answer pages of another origin: go through a gateway, on the page's own or with the page in its origins."
      : "";
  const what = `no answer from the server (%). Check that it runs and that baseUrl is right.${advice}`;
  return lostConnection(request, error, what);
}

/** What became of a request whose answer did not come whole. */
export function brokenOff(request: Exchange, error: unknown): NetworkError {
  return lostConnection(request, error, "the answer broke off (%).");
}

/** @param what With a percent sign for the platform's words. */
function lostConnection({ call, url }: Exchange, error: unknown, what: string): NetworkError {
  // ky's own error holds the request, whose headers hold the token: only what is below it is passed on.
  const cause = isNetworkError(error) ? error.cause : error;
  return new NetworkError(`${describeCall(call, url)}: ${what.replace("%", () => reasonOf(cause))}`, {
    cause,
    operation: call.operation,
    retryable: isIdempotent(specOf(call).method) && isRepeatable(call.body),
  });
}

/** The innermost message: `fetch failed` says nothing, its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  // Node's AggregateError of several failed connects has an empty message.
  return error.message || String("code" in error ? error.code : error.name);
}
