/** What asking twice adds nothing to. PUT is used for what replaces something. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);
/** A timeout of the server's, and what load balancers and gateways answer while it restarts. */
const PASSING: ReadonlySet<number> = new Set([408, 502, 503, 504]);

/** Whether a request that got no answer may be sent again. No server recognises a repeated one. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * Whether a request that was answered with a status may be sent again, and may then succeed. A POST only where the server said that
 * it did nothing: 429, or 503 with `Retry-After`.
 */
export function isRetryable(
  method: string | undefined,
  status: number,
  retryAfter: number | undefined,
): boolean {
  if (status === 429) return true;
  if (status === 503 && retryAfter !== undefined) return true;
  return PASSING.has(status) && isIdempotent(method ?? "GET");
}
