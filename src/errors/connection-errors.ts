import { BoxLiteError, type BoxLiteErrorDetails } from "./boxlite-error.ts";

/** No answer in time: by this client's clock (`timeout`, no `status`), or by the server's own (408, 504). */
export class TimeoutError extends BoxLiteError {
  override readonly name: string = "TimeoutError";
}

/** No answer: the server could not be reached, or the connection broke. `code` is `network`. */
export class NetworkError extends BoxLiteError {
  override readonly name: string = "NetworkError";

  constructor(message: string, details: BoxLiteErrorDetails = {}) {
    super("network", message, details);
  }
}

/**
 * An answer that is none of the API's: HTML, no JSON, a redirect, or JSON that does not fit. `code` is
 * `invalid_response`. It usually means that `baseUrl` leads somewhere else.
 */
export class InvalidResponseError extends BoxLiteError {
  override readonly name: string = "InvalidResponseError";

  constructor(message: string, details: BoxLiteErrorDetails = {}) {
    super("invalid_response", message, details);
  }
}

/** An execution could not be attached again within its reconnect budget. `code` is `connection_lost`. */
export class ConnectionLostError extends BoxLiteError {
  override readonly name: string = "ConnectionLostError";

  constructor(message: string, details: BoxLiteErrorDetails = {}) {
    super("connection_lost", message, details);
  }
}
