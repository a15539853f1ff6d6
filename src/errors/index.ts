export {
  AuthenticationError,
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  RateLimitError,
  type RetryableErrorDetails,
  ServerError,
} from "./answer-errors.ts";
export { BoxLiteError, type BoxLiteErrorDetails } from "./boxlite-error.ts";
export {
  ConnectionLostError,
  DiscontinuityError,
  InvalidResponseError,
  NetworkError,
  TimeoutError,
} from "./connection-errors.ts";
