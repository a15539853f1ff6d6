/** The routes of the API that a gateway forwards, by what they do. `UPGRADE` stands for a GET that opens a WebSocket. */
const ROUTES = [
  ["GET", "me", "me"],
  ["GET", "config", "config"],
  ["GET", "metrics", "metrics"],
  ["GET", "boxes", "boxes.list"],
  ["POST", "boxes", "boxes.create"],
  ["POST", "boxes/import", "boxes.import"],
  ["GET", "boxes/:box", "box.get"],
  ["HEAD", "boxes/:box", "box.get"],
  ["DELETE", "boxes/:box", "box.remove"],
  ["POST", "boxes/:box/start", "box.start"],
  ["POST", "boxes/:box/stop", "box.stop"],
  ["POST", "boxes/:box/clone", "box.clone"],
  ["POST", "boxes/:box/export", "box.export"],
  ["GET", "boxes/:box/metrics", "box.metrics"],
  ["PUT", "boxes/:box/network/inbound", "box.network"],
  ["UPGRADE", "boxes/:box/attach", "box.attach"],
  ["POST", "boxes/:box/attach", "box.attach"],
  ["POST", "boxes/:box/exec", "execution.start"],
  ["GET", "boxes/:box/executions/:execution", "execution.status"],
  ["DELETE", "boxes/:box/executions/:execution", "execution.kill"],
  ["POST", "boxes/:box/executions/:execution/signal", "execution.signal"],
  ["POST", "boxes/:box/executions/:execution/resize", "execution.resize"],
  ["UPGRADE", "boxes/:box/executions/:execution/attach", "execution.attach"],
  ["POST", "boxes/:box/executions/:execution/attach", "execution.attach"],
  ["GET", "boxes/:box/files", "files.read"],
  ["PUT", "boxes/:box/files", "files.write"],
  ["GET", "boxes/:box/snapshots", "snapshots.list"],
  ["POST", "boxes/:box/snapshots", "snapshots.create"],
  ["GET", "boxes/:box/snapshots/:snapshot", "snapshots.get"],
  ["DELETE", "boxes/:box/snapshots/:snapshot", "snapshots.remove"],
  ["POST", "boxes/:box/snapshots/:snapshot/restore", "snapshots.restore"],
  ["GET", "images", "images.list"],
  ["POST", "images/pull", "images.pull"],
  ["GET", "images/:image", "images.get"],
  ["HEAD", "images/:image", "images.get"],
  ["GET", "volumes", "volumes.list"],
  ["POST", "volumes", "volumes.create"],
  ["GET", "volumes/:volume", "volumes.get"],
  ["DELETE", "volumes/:volume", "volumes.remove"],
] as const;

/** What a page may be allowed to do. Tunnels have none: a page could not use one, and its address opens a way into the box. */
export type Operation = (typeof ROUTES)[number][2];

export interface Route {
  readonly operation: Operation;
  /** Below `/v1`, built anew from its decoded segments: nothing of the raw path is left in it. */
  readonly path: string;
  /** The box in it, decoded; null where there is none. */
  readonly box: string | null;
  /** The tenant's part, decoded, "" where there is none. */
  readonly prefix: string;
}

export type RouteResult =
  | { readonly kind: "route"; readonly route: Route }
  | { readonly kind: "method"; readonly allowed: readonly string[] }
  | { readonly kind: "unknown" };

/** A prefix is a name or two; more is none. */
const MAX_PREFIX = 4;
const ROOTS: ReadonlySet<string> = new Set(["boxes", "images", "metrics", "volumes"]);

/** Finds what a path below the mount point asks for, from its decoded segments. */
export function matchRoute(method: string, segments: readonly string[]): RouteResult {
  const [version, ...rest] = segments;
  if (version !== "v1") return { kind: "unknown" };
  const root = rest.findIndex((segment) => ROOTS.has(segment));
  if (root > MAX_PREFIX) return { kind: "unknown" };
  const below = root > 0 ? rest.slice(root) : rest;
  const prefix = root > 0 ? rest.slice(0, root).join("/") : "";
  const allowed: string[] = [];
  for (const [verb, pattern, operation] of ROUTES) {
    const names = match(pattern, below);
    if (names === undefined) continue;
    if (verb !== method) {
      allowed.push(verb);
      continue;
    }
    const path = rest.map((segment) => `/${encodeURIComponent(segment)}`).join("");
    return { kind: "route", route: { operation, path, box: names.box ?? null, prefix } };
  }
  return allowed.length === 0 ? { kind: "unknown" } : { kind: "method", allowed: [...new Set(allowed)] };
}

function match(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split("/");
  if (parts.length !== segments.length) return undefined;
  const names: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":")) names[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return names;
}

export interface Target {
  readonly segments: readonly string[];
  /** With its question mark; "" where there is none. As it came: it was checked, not decoded. */
  readonly query: string;
}

/** What RFC 3986 allows in a segment: everything else is refused rather than mended. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const QUERY = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%(?![01][0-9A-Fa-f]|7[Ff])[0-9A-Fa-f]{2})*$/;
const MAX_TARGET = 8192;

/**
 * Reads the target of a request: a path in its one plain form, with a query. Undefined for what could mean another path to
 * another parser: `.` and `..`, empty segments, slashes, backslashes, percent signs or control characters that are encoded,
 * a fragment, an absolute URL, broken UTF-8.
 */
export function parseTarget(target: string): Target | undefined {
  if (!target.startsWith("/") || target.length > MAX_TARGET) return undefined;
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  if (!QUERY.test(query)) return undefined;
  const segments: string[] = [];
  for (const raw of path.slice(1).split("/")) {
    const segment = decodeSegment(raw);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return { segments, query: query === "" ? "" : `?${query}` };
}

function decodeSegment(raw: string): string | undefined {
  if (!SEGMENT.test(raw)) return undefined;
  let segment: string;
  try {
    segment = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (segment === "." || segment === "..") return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[/\\%\u0000-\u001f\u007f-\u009f]/.test(segment) ? undefined : segment;
}
