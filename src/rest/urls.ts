import { InvalidRequestError } from "../errors/index.ts";

/**
 * Checks the URL that the user gave and brings it into the form that paths are appended to: absolute, without a slash at
 * its end. A relative one is resolved against the page's.
 *
 * @throws InvalidRequestError that never repeats a credential.
 */
export function parseBaseUrl(baseUrl: string | URL, page: string | undefined): string {
  const url = toUrl(baseUrl, page);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(`baseUrl must be an http: or https: URL, not ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid("baseUrl must not contain a user name or password. Give the credential as token instead.");
  }
  if (url.search !== "" || url.hash !== "") {
    throw invalid(`baseUrl must not contain a query or fragment: ${withoutSecrets(url)}`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function toUrl(baseUrl: string | URL, page: string | undefined): URL {
  if (`${baseUrl}` === "")
    throw invalid('baseUrl is empty. Give the server\'s, e.g. "http://127.0.0.1:8100".');
  try {
    return new URL(baseUrl, page);
  } catch {
    // Not repeated: it may be a token in the wrong place.
    throw invalid('baseUrl is not a URL. Give it whole, e.g. "http://127.0.0.1:8100" or "https://host/api".');
  }
}

/**
 * The path of a resource, each segment encoded: a box named `a/b` stays one segment.
 *
 * @throws InvalidRequestError for segments that no URL can carry.
 */
export function encodePath(segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeSegment(segment)}`).join("");
}

function encodeSegment(segment: string): string {
  if (segment === "") throw invalid("An id or name is empty.");
  // Every URL parser resolves these, also when they are percent-encoded: they would lead to another resource.
  if (segment === "." || segment === "..") throw invalid(`"${segment}" cannot be an id or name in a URL.`);
  try {
    return encodeURIComponent(segment);
  } catch {
    throw invalid("An id or name is not well-formed Unicode: it contains half a surrogate pair.");
  }
}

/**
 * The tenant's part of a path, as it stands (it may contain slashes): `/prefix`, or "" where there is none.
 *
 * @throws InvalidRequestError for what would lead out of the path.
 */
export function prefixPath(prefix: string | null): string {
  if (prefix === null || prefix === "") return "";
  const leaves = prefix.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
  if (leaves || /[?#\\\s]/.test(prefix)) {
    throw invalid(`prefix ${JSON.stringify(prefix)} cannot be part of a URL's path.`);
  }
  return `/${prefix}`;
}

/** `http:` → `ws:`, `https:` → `wss:`. */
export function toWebSocketUrl(url: string): string {
  return url.replace(/^http/, "ws");
}

/** A URL as messages may show it: without user name, password, query and fragment. */
export function withoutSecrets(url: string | URL, base?: string): string {
  try {
    const { origin, pathname } = new URL(url, base || undefined);
    return `${origin}${pathname}`;
  } catch {
    return "(not a URL)";
  }
}

function invalid(message: string): InvalidRequestError {
  return new InvalidRequestError("invalid_argument", message);
}
