import type { AttachFaults, FaultProxyEvent } from "../../src/testing/index.ts";

/** Tells the proxy which faults an attach gets, by the execution in its path. */
export interface Watch {
  plan(attach: { readonly path: string }): AttachFaults | undefined;
  onEvent(event: FaultProxyEvent): void;
  /** The first attach of an execution gets the first faults, the second the next, …; those beyond are left alone. */
  follow(executionId: string, faults: readonly AttachFaults[], onCut: () => void): void;
  forget(executionId: string): void;
}

interface Entry {
  readonly faults: readonly AttachFaults[];
  readonly onCut: () => void;
  attaches: number;
}

export function createWatch(): Watch {
  const known = new Map<string, Entry>();
  const idOf = (path: string) => /executions\/([^/]+)\/attach/.exec(path)?.[1] ?? path;
  return {
    plan({ path }) {
      const entry = known.get(idOf(path));
      // exec() resolves before the socket that it opened can get here: there is no attach that goes untouched.
      if (entry === undefined) throw new Error(`${path} was attached before its faults were known`);
      entry.attaches += 1;
      return entry.faults[entry.attaches - 1];
    },
    onEvent(event) {
      if (event.type === "cut") known.get(idOf(event.path))?.onCut();
    },
    follow: (executionId, faults, onCut) => known.set(executionId, { faults, onCut, attaches: 0 }),
    forget: (executionId) => known.delete(executionId),
  };
}
