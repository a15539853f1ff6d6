import type { AttachFaults, FaultProxyEvent } from "../../src/testing/index.ts";

/** Tells the proxy which faults an attach gets, by the box in its path: each execution has one of its own. */
export interface Watch {
  plan(attach: { readonly path: string }): AttachFaults | undefined;
  onEvent(event: FaultProxyEvent): void;
  /** The first attach in a box gets the first faults, the second the next, …; those beyond are left alone. */
  follow(boxId: string, faults: readonly AttachFaults[], onCut: () => void): void;
  forget(boxId: string): void;
}

interface Entry {
  readonly faults: readonly AttachFaults[];
  readonly onCut: () => void;
  attaches: number;
}

export function createWatch(): Watch {
  const known = new Map<string, Entry>();
  const idOf = (path: string) => /boxes\/([^/]+)\//.exec(path)?.[1] ?? path;
  return {
    plan({ path }) {
      const entry = known.get(idOf(path));
      if (entry === undefined) throw new Error(`${path} was attached before its faults were known`);
      entry.attaches += 1;
      return entry.faults[entry.attaches - 1];
    },
    onEvent(event) {
      if (event.type === "cut") known.get(idOf(event.path))?.onCut();
    },
    follow: (boxId, faults, onCut) => known.set(boxId, { faults, onCut, attaches: 0 }),
    forget: (boxId) => known.delete(boxId),
  };
}
