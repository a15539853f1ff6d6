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

/**
 * An answer whose JSON does not have the API's shape. `code` is `invalid_response`. Fields that are not known and new values of
 * enums are no reason for it.
 */
export class SchemaError extends InvalidResponseError {
  override readonly name: string = "SchemaError";
  /** Where it does not fit, e.g. `boxes.3.box_id`; "" for the whole. */
  readonly path: string;

  constructor(message: string, path: string, details: BoxLiteErrorDetails = {}) {
    super(message, details);
    this.path = path;
  }
}

/**
 * A tar archive that is broken or was cut short, or has an entry that leads out of its destination. `code` is
 * `invalid_archive`. What was taken out of it before is not complete.
 */
export class ArchiveError extends BoxLiteError {
  override readonly name: string = "ArchiveError";

  constructor(message: string, details: BoxLiteErrorDetails = {}) {
    super("invalid_archive", message, details);
  }
}

/** An execution could not be attached again within its reconnect budget. `code` is `connection_lost`. */
export class ConnectionLostError extends BoxLiteError {
  override readonly name: string = "ConnectionLostError";
  /** What kept it from being attached to in the end, as well as that can be told: see `Obstacle`. */
  readonly obstacle: "cut" | "slot-taken" | "refused" | "blocked" | "unreachable";

  constructor(message: string, obstacle: ConnectionLostError["obstacle"]) {
    super("connection_lost", message);
    this.obstacle = obstacle;
  }
}

/**
 * Where a stream goes on is not proved, and the execution is followed in `strict` mode. `code` is `discontinuity`. What was
 * delivered before it is sound.
 */
export class DiscontinuityError extends BoxLiteError {
  override readonly name: string = "DiscontinuityError";
  readonly stream: "stdout" | "stderr";
  /** Bytes delivered on the stream before the place. */
  readonly position: number;

  constructor(message: string, place: { readonly stream: "stdout" | "stderr"; readonly position: number }) {
    super("discontinuity", message);
    this.stream = place.stream;
    this.position = place.position;
  }
}
