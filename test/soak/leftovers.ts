import { getEventListeners } from "node:events";

/** What a process has, by its kind and number. */
export type Holdings = Readonly<Record<string, number>>;

/** What keeps this process alive (sockets, timers, processes), and listeners on what outlives an execution. */
export function takeStock(longLived: readonly EventTarget[]): Holdings {
  const holdings: Record<string, number> = {};
  const add = (kind: string, count = 1) => {
    holdings[kind] = (holdings[kind] ?? 0) + count;
  };
  for (const kind of process.getActiveResourcesInfo()) add(kind);
  for (const name of process.eventNames()) add("listeners", process.listenerCount(name));
  const targets = "addEventListener" in globalThis ? [...longLived, globalThis] : longLived;
  for (const target of targets) {
    for (const name of ["abort", "online", "pageshow", "error", "unhandledrejection"]) {
      add("listeners", getEventListeners(target, name).length);
    }
  }
  return holdings;
}

/** What there is more of than before. */
export function leftovers(before: Holdings, after: Holdings): Holdings {
  return Object.fromEntries(
    Object.entries(after)
      .map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
      .filter(([, more]) => more > 0),
  );
}

/** Kept-alive connections are closed after 4 s, by the platform; nothing that is to go takes longer than this, in milliseconds. */
const PATIENCE = 20_000;
const LOOK = 50;

/** Waits until there is no more than before. Resolves with what there is all the same. */
export async function settle(before: Holdings, longLived: readonly EventTarget[]): Promise<Holdings> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const left = leftovers(before, takeStock(longLived));
    if (Object.keys(left).length === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

/** Errors that nobody caught, and warnings, for as long as it listens. */
export function listenForStrays() {
  const unhandled: string[] = [];
  const warnings: string[] = [];
  const onError = (error: unknown) => unhandled.push(error instanceof Error ? `${error.stack}` : `${error}`);
  const onWarning = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on("unhandledRejection", onError);
  process.on("uncaughtException", onError);
  process.on("warning", onWarning);
  return {
    unhandled,
    warnings,
    stop() {
      process.off("unhandledRejection", onError);
      process.off("uncaughtException", onError);
      process.off("warning", onWarning);
    },
  };
}
