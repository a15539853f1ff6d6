/** What is known of the request that failed. */
export interface BoxLiteErrorDetails {
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** `X-Request-Id` of the answer, for the server's operator. */
  readonly requestId?: string | undefined;
  /** What was asked, e.g. `box.start`: see the table in docs/api.md. Undefined where nothing was to be sent. */
  readonly operation?: string | undefined;
  /** See {@link BoxLiteError.retryable}. Default false. */
  readonly retryable?: boolean | undefined;
  /** Milliseconds to wait, from `Retry-After`. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error of this library. `code` is the server's own code where it sent one (`not_found`,
 * `invalid_state`, …), else one of the client's:
 *
 * - `network`: no answer; `invalid_response`: an answer that is none of the API's; `timeout`: none in time.
 * - `invalid_archive`: a tar archive that is broken, cut short, or leads out of its destination.
 * - `unsupported`: the server does not have the operation.
 * - `discontinuity`: in `strict` mode, output whose place is not proved.
 * - `connection_lost`: an execution could not be attached again within the reconnect budget.
 * - `execution_gone`: the server does not know the execution any more.
 * - `buffer_overflow`: a consumer fell too far behind. `detached`, `ended`: the handle was released, the process is over.
 * - `already_attached`: another client holds the execution's one attach. `stdin_closed`: a tab that shares it has closed its stdin.
 * - `refused`: the tab that leads could not take what was written to stdin.
 * - `stdin_disconnected`: what was written to stdin could not be sent, for the connection was down.
 * - `disposed`: an execution that was still running was killed because its handle was disposed.
 */
export class BoxLiteError extends Error {
  override readonly name: string = "BoxLiteError";
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** What was asked, e.g. `box.start` or `files.write`. */
  readonly operation: string | undefined;
  /**
   * Whether the same call is worth sending again, and safe: the failure may pass, and it has done nothing yet, or nothing that
   * doing it twice would add to. The client has tried by itself as often as `retry` of `new BoxLite()` says.
   */
  readonly retryable: boolean;
  /** Milliseconds to wait, from `Retry-After`; undefined where the server did not say (or a browser may not read it). */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, details: BoxLiteErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.operation = details.operation;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter;
  }
}
