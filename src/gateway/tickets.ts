/** What a ticket is good for: one attach, by one page. */
export interface Grant {
  /** The attach's path, with box and execution. */
  readonly path: string;
  /** The page's `Origin`. */
  readonly origin: string | null;
}

/**
 * Where tickets wait for their use. The default is the memory of this process, which does when the upgrade comes to the process
 * that gave out the ticket. Where several processes answer (or isolates, on Cloudflare Workers), give one that they share.
 */
export interface TicketStore {
  /** Keeps it for `lifetime` milliseconds. */
  put(ticket: string, grant: Grant, lifetime: number): void | Promise<void>;
  /** Takes it out: a second call must not find it. Undefined where it is not there, or too old. */
  take(ticket: string): Grant | undefined | Promise<Grant | undefined>;
}

/** Milliseconds between a page's two requests; it makes them one right after the other. */
export const TICKET_LIFETIME = 30_000;
/** So many wait at most; then the oldest goes. */
const CAPACITY = 10_000;

/** @param now Milliseconds of any clock. */
export function createTicketStore(now: () => number = Date.now, capacity: number = CAPACITY): TicketStore {
  const waiting = new Map<string, { readonly grant: Grant; readonly until: number }>();

  /** In the order of their making, which is that of their end. */
  function dropOldest(): void {
    for (const [ticket, { until }] of waiting) {
      if (until > now() && waiting.size < capacity) return;
      waiting.delete(ticket);
    }
  }

  return {
    put(ticket, grant, lifetime) {
      dropOldest();
      waiting.set(ticket, { grant, until: now() + lifetime });
    },
    take(ticket) {
      const found = waiting.get(ticket);
      waiting.delete(ticket);
      return found !== undefined && found.until > now() ? found.grant : undefined;
    },
  };
}

/** 256 bits, in characters that a subprotocol may have. */
export function newTicket(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
