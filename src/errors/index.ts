export {
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnsupportedError,
} from "./answer-errors.ts";
export { BoxLiteError, type BoxLiteErrorDetails } from "./boxlite-error.ts";
export {
  ArchiveError,
  ConnectionLostError,
  DiscontinuityError,
  InvalidResponseError,
  NetworkError,
  SchemaError,
  TimeoutError,
} from "./connection-errors.ts";
