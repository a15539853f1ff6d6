/**
 * How a redirect is met by a request with a stream. It is never followed, for the token must reach no other place; but of a stream
 * Node's `fetch` keeps a copy, all of it in memory, unless a redirect is an error, and Cloudflare's Workers do not know that word.
 */
export function redirectOfStream(): "error" | "manual" {
  return globalThis.process?.versions?.node === undefined || "WebSocketPair" in globalThis
    ? "manual"
    : "error";
}

/** What Node, Bun and Deno say of a redirect that is an error. */
const WORDS = /^unexpected redirect$|^UnexpectedRedirect |redirect mode is set to/i;

/** Whether a request failed because it was answered with a redirect: the platforms have no other sign of it than their words. */
export function isRedirectError(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (WORDS.test(each.message)) return true;
  }
  return false;
}
