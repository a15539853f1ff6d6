import type { AttachFaults, FaultProxyEvent, PlainRequest, RequestFault } from "../../src/testing/index.ts";

/** What happens to the connections of one box. */
export interface Followed {
  /** The first attach gets the first of them, the second the next, …; those beyond are left alone. */
  readonly faults: readonly AttachFaults[];
  /** The same for requests for an execution's status. */
  readonly statusFaults?: readonly RequestFault[];
  /** An attach was cut, or fell silent. */
  onCut?(): void;
}

/** Tells the proxy which faults an attach gets, by the box in its path: each execution has one of its own. */
export interface Watch {
  plan(attach: { readonly path: string }): AttachFaults | undefined;
  requests(request: Pick<PlainRequest, "method" | "path">): RequestFault | undefined;
  onEvent(event: FaultProxyEvent): void;
  follow(boxId: string, followed: Followed): void;
  forget(boxId: string): void;
}

interface Entry {
  readonly followed: Followed;
  attaches: number;
  statuses: number;
}

export function createWatch(): Watch {
  const known = new Map<string, Entry>();
  const idOf = (path: string) => /boxes\/([^/]+)\//.exec(path)?.[1] ?? path;
  return {
    plan({ path }) {
      const entry = known.get(idOf(path));
      if (entry === undefined) throw new Error(`${path} was attached before its faults were known`);
      entry.attaches += 1;
      return entry.followed.faults[entry.attaches - 1];
    },
    requests({ method, path }) {
      const entry = known.get(idOf(path));
      if (entry === undefined || method !== "GET" || !/\/executions\/[^/]+$/.test(path)) return undefined;
      entry.statuses += 1;
      return entry.followed.statusFaults?.[entry.statuses - 1];
    },
    onEvent({ type, path }) {
      if (type === "cut" || type === "silenced") known.get(idOf(path))?.followed.onCut?.();
    },
    follow: (boxId, followed) => known.set(boxId, { followed, attaches: 0, statuses: 0 }),
    forget: (boxId) => known.delete(boxId),
  };
}
