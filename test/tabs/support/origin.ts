import type { LockHandlers, Platform } from "../../../src/tabs/platform.ts";
import type { Loop, Scheduler } from "./scheduler.ts";

/** What the tabs of one origin share: channels and locks, in memory. */
export interface Origin {
  /** The platform of one tab. */
  platform(tab: OriginTab): Platform;
  /** The tab is no more: its channels and locks are free. */
  close(tab: OriginTab): void;
  /** Messages that were posted, for who wants to look. */
  readonly posted: readonly { readonly channel: string; readonly data: unknown }[];
  /** Messages that are on their way to a tab. */
  waiting(tab: OriginTab): number;
}

export interface OriginTab {
  readonly id: string;
  readonly loop: Loop;
  /** Set while something watches the page. */
  lifecycle: { away(): void; back(): void } | null;
}

interface Listener {
  readonly name: string;
  readonly tab: OriginTab;
  readonly heard: (data: unknown) => void;
  open: boolean;
  /** One pipe for each tab that sends. */
  readonly pipes: Map<OriginTab, object>;
}

interface Request {
  readonly tab: OriginTab;
  readonly handlers: LockHandlers;
  withdrawn: boolean;
}

export function createOrigin(scheduler: Scheduler): Origin {
  const listeners = new Set<Listener>();
  const holders = new Map<string, Request>();
  const queues = new Map<string, Request[]>();
  const posted: { channel: string; data: unknown }[] = [];
  const onTheWay = new Map<OriginTab, number>();

  function count(tab: OriginTab, change: number): void {
    onTheWay.set(tab, (onTheWay.get(tab) ?? 0) + change);
  }

  function grant(name: string, request: Request): void {
    holders.set(name, request);
    scheduler.post(request, request.tab.loop, () => {
      if (!request.withdrawn && holders.get(name) === request) request.handlers.granted();
    });
  }

  function grantNext(name: string): void {
    const next = queues.get(name)?.shift();
    if (next !== undefined) grant(name, next);
  }

  function withdraw(name: string, request: Request): void {
    request.withdrawn = true;
    queues.set(
      name,
      (queues.get(name) ?? []).filter((other) => other !== request),
    );
    if (holders.get(name) !== request) return;
    holders.delete(name);
    grantNext(name);
  }

  return {
    posted,
    waiting: (tab) => onTheWay.get(tab) ?? 0,
    platform: (tab) => ({
      id: () => tab.id,
      open(name, heard) {
        const listener: Listener = { name, tab, heard, open: true, pipes: new Map() };
        listeners.add(listener);
        return {
          post(data) {
            const copy = structuredClone(data);
            posted.push({ channel: name, data: copy });
            for (const other of listeners) {
              if (other === listener || other.name !== name) continue;
              const pipe = other.pipes.get(tab) ?? {};
              other.pipes.set(tab, pipe);
              count(other.tab, 1);
              scheduler.post(pipe, other.tab.loop, () => {
                count(other.tab, -1);
                if (other.open) other.heard(structuredClone(copy));
              });
            }
          },
          close() {
            listener.open = false;
            listeners.delete(listener);
          },
        };
      },
      locks: {
        request(name, how, handlers) {
          const request: Request = { tab, handlers, withdrawn: false };
          const holder = holders.get(name);
          if (how === "steal" && holder !== undefined) {
            scheduler.post(holder, holder.tab.loop, () => {
              if (!holder.withdrawn) holder.handlers.lost();
            });
            grant(name, request);
          } else if (holder === undefined) grant(name, request);
          else queues.set(name, [...(queues.get(name) ?? []), request]);
          return () => withdraw(name, request);
        },
      },
      watch(handlers) {
        tab.lifecycle = handlers;
        return () => {
          tab.lifecycle = null;
        };
      },
    }),
    close(tab) {
      for (const listener of listeners) if (listener.tab === tab) listeners.delete(listener);
      for (const [name, queue] of queues) {
        queues.set(
          name,
          queue.filter((request) => request.tab !== tab),
        );
      }
      for (const [name, holder] of [...holders]) if (holder.tab === tab) withdraw(name, holder);
    },
  };
}
