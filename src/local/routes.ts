/** What a path names. The box and execution are as in the URL, decoded. */
export type Route =
  | { readonly name: "config" }
  | { readonly name: "me" }
  | { readonly name: "metrics" }
  | { readonly name: "boxes" }
  | { readonly name: "volumes" }
  | { readonly name: "box" | "import" | "boxMetrics" | BoxAction; readonly box: string }
  | {
      readonly name: "execution" | "signal" | "resize" | "attach";
      readonly box: string;
      readonly execution: string;
    }
  | { readonly name: "snapshot" | "restore"; readonly box: string; readonly snapshot: string };

const BOX_ACTIONS = ["start", "stop", "exec", "files", "snapshots", "clone", "export"] as const;
type BoxAction = (typeof BOX_ACTIONS)[number];

export interface RoutedPath {
  readonly route: Route;
  /** The tenant of `/v1/{prefix}/boxes…`. */
  readonly prefix: string | undefined;
}

/** Finds the route of a path under `/v1`, or undefined. Whether a prefix is welcome is for the caller to say. */
export function matchRoute(path: string): RoutedPath | undefined {
  const segments = splitPath(path);
  if (segments === undefined || segments[0] !== "v1") return undefined;
  const [, first, ...rest] = segments;
  if (rest.length === 0 && (first === "config" || first === "me" || first === "metrics")) {
    return { route: { name: first }, prefix: undefined };
  }
  if (first === "volumes" && rest.length <= 1) return { route: { name: "volumes" }, prefix: undefined };
  if (first === "boxes") return withPrefix(matchBoxes(rest), undefined);
  if (first !== undefined && rest[0] === "boxes") return withPrefix(matchBoxes(rest.slice(1)), first);
  return undefined;
}

function withPrefix(route: Route | undefined, prefix: string | undefined): RoutedPath | undefined {
  return route === undefined ? undefined : { route, prefix };
}

function matchBoxes(segments: readonly string[]): Route | undefined {
  const [box, action, inner, verb, ...more] = segments;
  if (more.length > 0) return undefined;
  if (box === undefined) return { name: "boxes" };
  // May be a box of that name as well: only a POST tells.
  if (action === undefined) return { name: box === "import" ? "import" : "box", box };
  if (inner !== undefined) {
    if (action === "executions") return matchExecution(box, inner, verb);
    return action === "snapshots" ? matchSnapshot(box, inner, verb) : undefined;
  }
  if (action === "metrics") return { name: "boxMetrics", box };
  const name = BOX_ACTIONS.find((each) => each === action);
  return name === undefined ? undefined : { name, box };
}

function matchExecution(box: string, execution: string, verb: string | undefined): Route | undefined {
  if (verb === undefined) return { name: "execution", box, execution };
  if (verb === "signal" || verb === "resize" || verb === "attach") return { name: verb, box, execution };
  return undefined;
}

function matchSnapshot(box: string, snapshot: string, verb: string | undefined): Route | undefined {
  if (verb === undefined) return { name: "snapshot", box, snapshot };
  return verb === "restore" ? { name: "restore", box, snapshot } : undefined;
}

function splitPath(path: string): string[] | undefined {
  if (!path.startsWith("/")) return undefined;
  try {
    const segments = path.slice(1).split("/").map(decodeURIComponent);
    return segments.includes("") ? undefined : segments;
  } catch {
    // A stray percent sign names nothing.
    return undefined;
  }
}
