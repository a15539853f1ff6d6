import { BoxLiteError } from "./boxlite-error.ts";

/** The token is missing, wrong or expired (401), or does not allow this (403). */
export class AuthenticationError extends BoxLiteError {
  override readonly name: string = "AuthenticationError";
}

/**
 * The server knows no such box, execution, snapshot, image, volume or path (404), or no longer (410, `session_reaped`,
 * `execution_gone`).
 */
export class NotFoundError extends BoxLiteError {
  override readonly name: string = "NotFoundError";
}

/** It exists already (`already_exists`), or is in no state for this (`invalid_state`, `stopped`): 409 and 428. */
export class ConflictError extends BoxLiteError {
  override readonly name: string = "ConflictError";
}

/**
 * The request cannot be carried out as it is: refused by the server (400, 405, 413, 415, 422; also `image_pull_failed`
 * and `execution_failed`), or by this library before anything was sent (`invalid_argument`, no `status`).
 */
export class InvalidRequestError extends BoxLiteError {
  override readonly name: string = "InvalidRequestError";
}

/**
 * The server does not have this operation (a 404 for its route), or cannot do this (`unsupported`): also where its configuration says
 * so, before anything is sent.
 */
export class UnsupportedError extends BoxLiteError {
  override readonly name: string = "UnsupportedError";
}

/** Too many requests, or a quota is used up (429). `retryAfter` may say when to come back. */
export class RateLimitError extends BoxLiteError {
  override readonly name: string = "RateLimitError";
}

/** The server failed (5xx). `retryAfter` may say when to come back. */
export class ServerError extends BoxLiteError {
  override readonly name: string = "ServerError";
}
