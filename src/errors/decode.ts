import { decodeFailureBody, type FailureBody } from "./answer-body.ts";
import {
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnsupportedError,
} from "./answer-errors.ts";
import type { BoxLiteError, BoxLiteErrorDetails } from "./boxlite-error.ts";
import { InvalidResponseError, TimeoutError } from "./connection-errors.ts";
import { type HttpAnswer, quote } from "./http-answer.ts";
import { isRetryable } from "./retryable.ts";

type Kind =
  | "authentication"
  | "notFound"
  | "conflict"
  | "invalidRequest"
  | "unsupported"
  | "rateLimit"
  | "timeout"
  | "server";

/** The servers' codes. A Map, for a code is the server's text and may be `constructor`. */
const KIND_BY_CODE: ReadonlyMap<string, Kind> = new Map([
  ["invalid_argument", "invalidRequest"],
  ["unsupported", "unsupported"],
  ["image_pull_failed", "invalidRequest"],
  ["execution_failed", "invalidRequest"],
  ["unauthenticated", "authentication"],
  ["permission_denied", "authentication"],
  ["not_found", "notFound"],
  ["session_reaped", "notFound"],
  ["execution_gone", "notFound"],
  ["already_exists", "conflict"],
  ["invalid_state", "conflict"],
  ["stopped", "conflict"],
  ["resource_exhausted", "rateLimit"],
  ["timeout", "timeout"],
  ["network_unavailable", "server"],
  ["upstream_unavailable", "server"],
  ["engine_unavailable", "server"],
  ["storage_error", "server"],
  ["database_error", "server"],
  ["metadata_error", "server"],
  ["config_error", "server"],
  ["internal", "server"],
]);

/**
 * The typed error of an answer that is not a success. The server's code decides, then the status.
 *
 * @param now Milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export function errorFromAnswer(answer: HttpAnswer, now: number): BoxLiteError {
  const { asked, status } = answer;
  const body = decodeFailureBody(answer.text, answer.contentType);
  const requestId = answer.requestId ?? body.requestId;
  const lacking = isLacking(answer, body);
  const kind = lacking ? "unsupported" : kindOf(body.code, status);
  const elsewhere = wrongPlace(kind, body, answer);
  const { operation } = answer;
  if (elsewhere !== undefined) {
    const message = `${asked}: the server answered ${elsewhere}`;
    return new InvalidResponseError(message, { status, requestId, operation });
  }
  const code = lacking ? "unsupported" : (body.code ?? codeOfStatus(status));
  const retryAfter = parseRetryAfter(answer.retryAfter, now) ?? body.retryAfter;
  const retryable = isRetryable(answer.method, status, retryAfter);
  // A gateway's page has no token of the server's, and the gateway says itself what to do.
  const own = kind === "authentication" && answer.gateway === true;
  const advice = own ? "" : ` ${adviceOf(kind, code, answer, retryAfter)}`;
  const message = `${asked}: the server answered ${status} ${code}${said(body, answer)}.${advice}`;
  return createError(kind, code, message, { status, requestId, operation, retryable, retryAfter });
}

/** Whether a 404 is about the operation and not about what it is to be done with: serve's is then empty, the cloud's names the route. */
function isLacking(
  { status, method, partial = false, naming = true }: HttpAnswer,
  { code, message, html }: FailureBody,
): boolean {
  if (status !== 404 || method === "HEAD" || html || !partial) return false;
  if (!naming) return true;
  if (message === undefined) return code === undefined;
  return /^Cannot [A-Z]+ \//.test(message);
}

/** What shows that something other than the API answered. */
function wrongPlace(kind: Kind, body: FailureBody, answer: HttpAnswer): string | undefined {
  const { status, location } = answer;
  if (status >= 100 && status < 300) {
    return `${status}, which is none to this. Check baseUrl, and proxies on the way.`;
  }
  if (status < 400) {
    return (
      `with a redirect${status === 0 ? "" : ` (${status})`}${location === undefined ? "" : ` to ${location}`}, which is not ` +
      "followed: the token must reach no other place. Check baseUrl."
    );
  }
  if (body.html && (kind === "notFound" || kind === "invalidRequest")) {
    return (
      `${status} with a web page, so it is not the BoxLite API that answers there. ` +
      "Check baseUrl: the cloud's ends in /api."
    );
  }
  return undefined;
}

function createError(kind: Kind, code: string, message: string, details: BoxLiteErrorDetails): BoxLiteError {
  switch (kind) {
    case "authentication":
      return new AuthenticationError(code, message, details);
    case "notFound":
      return new NotFoundError(code, message, details);
    case "conflict":
      return new ConflictError(code, message, details);
    case "invalidRequest":
      return new InvalidRequestError(code, message, details);
    case "unsupported":
      return new UnsupportedError(code, message, details);
    case "rateLimit":
      return new RateLimitError(code, message, details);
    case "timeout":
      return new TimeoutError(code, message, details);
    case "server":
      return new ServerError(code, message, details);
  }
}

function kindOf(code: string | undefined, status: number): Kind {
  return (code === undefined ? undefined : KIND_BY_CODE.get(code)) ?? kindOfStatus(status);
}

function kindOfStatus(status: number): Kind {
  switch (status) {
    case 401:
    case 403:
      return "authentication";
    case 404:
    case 410:
      return "notFound";
    case 408:
    case 504:
      return "timeout";
    case 409:
    case 428:
      return "conflict";
    case 429:
      return "rateLimit";
    default:
      return status >= 500 ? "server" : "invalidRequest";
  }
}

/** The code that the servers would send with a status, for answers without one. */
function codeOfStatus(status: number): string {
  switch (status) {
    case 401:
      return "unauthenticated";
    case 403:
      return "permission_denied";
    case 404:
      return "not_found";
    case 410:
      return "session_reaped";
    case 408:
    case 504:
      return "timeout";
    case 409:
    case 428:
      return "invalid_state";
    case 429:
      return "resource_exhausted";
    case 502:
    case 503:
      return "upstream_unavailable";
    default:
      return status >= 500 ? "internal" : "invalid_argument";
  }
}

function said(body: FailureBody, answer: HttpAnswer): string {
  if (body.message !== undefined) return `: "${quote(body.message, answer)}"`;
  return body.html ? " with a web page instead of the API's JSON" : "";
}

function adviceOf(
  kind: Kind,
  code: string,
  { status, naming }: HttpAnswer,
  retryAfter: number | undefined,
): string {
  switch (kind) {
    case "authentication":
      return code === "permission_denied" || status === 403
        ? "The token is known, but does not allow this: use another, or check prefix."
        : "Check the token given to new BoxLite({ token }).";
    case "notFound":
      return naming === false
        ? "Check baseUrl and its path: every BoxLite server has this."
        : "Check the id or name: it may have been removed, or belong to another account.";
    case "conflict":
      return code === "already_exists"
        ? "Choose another name, or get the one that exists."
        : "Look at its status, and try again once it is ready.";
    case "invalidRequest":
      return code === "image_pull_failed"
        ? "Check the image's name, and that the server may pull it."
        : adviceOfRefusal(status);
    case "unsupported":
      return "This server cannot do it: docs/api.md says which can.";
    case "rateLimit":
      return `Try again ${retryAfter === undefined ? "later" : `in ${Math.ceil(retryAfter / 1000)} s`}.`;
    case "timeout":
      return "Try again; what was asked may still have happened.";
    case "server":
      return retryAfter === undefined
        ? "Try again, or look for the cause in the server's log."
        : `Try again in ${Math.ceil(retryAfter / 1000)} s.`;
  }
}

function adviceOfRefusal(status: number): string {
  switch (status) {
    case 413:
      return "Send less at once: older servers take 2 MiB.";
    case 405:
    case 415:
      return "The server expects another request there: check baseUrl.";
    default:
      return "Correct the request.";
  }
}

/** `Retry-After` in milliseconds. */
function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
