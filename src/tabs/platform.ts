/** What tabs share, as far as it is used. A test plays it. */
export interface Platform {
  /** Opens a channel: what is posted goes to all who have opened one of that name, except to itself. */
  open(name: string, heard: (data: unknown) => void): Channel;
  locks: Locks;
  /** Tells when the page stops, and when it goes on. Returns what ends that. */
  watch(handlers: { away(): void; back(): void }): () => void;
  /** A new id, unlike any other. */
  id(): string;
}

export interface Channel {
  /** Sends a copy. It is not held up by who receives. */
  post(data: unknown): void;
  close(): void;
}

export interface Locks {
  /**
   * Asks for the lock. Exactly one holds it; `steal` takes it away from whoever does.
   *
   * @returns what gives it back, or the request up: then no handler is called any more.
   */
  request(name: string, how: "queue" | "steal", handlers: LockHandlers): () => void;
}

export interface LockHandlers {
  granted(): void;
  /** It was stolen after it had been granted, or could not be stolen. */
  lost(): void;
}

/**
 * The browser's, or null where it lacks something: Web Locks need a secure context, and neither they nor channels are allowed to
 * opaque origins. Node has both from version 24 on; there, tabs are the threads of one process.
 */
export async function browserPlatform(): Promise<Platform | null> {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks === undefined || typeof BroadcastChannel !== "function") return null;
  try {
    // Rejects where locks are not allowed.
    await locks.query();
    new BroadcastChannel("boxlite-web").close();
  } catch {
    return null;
  }
  return { open, locks: { request: (...request) => requestLock(locks, ...request) }, watch, id };
}

function open(name: string, heard: (data: unknown) => void): Channel {
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => heard(data));
  return { post: (data) => channel.postMessage(data), close: () => channel.close() };
}

function requestLock(
  locks: LockManager,
  name: string,
  how: "queue" | "steal",
  handlers: LockHandlers,
): () => void {
  const withdrawn = new AbortController();
  let giveBack: () => void = () => {};
  let held = false;
  const hold = () =>
    new Promise<void>((resolve) => {
      if (withdrawn.signal.aborted) {
        resolve();
        return;
      }
      giveBack = resolve;
      held = true;
      handlers.granted();
    });
  // The platform does not take a signal for a theft, which does not wait.
  const options = how === "steal" ? { steal: true } : { signal: withdrawn.signal };
  locks.request(name, options, hold).catch(() => {
    if (!withdrawn.signal.aborted && (held || how === "steal")) handlers.lost();
  });
  return () => {
    withdrawn.abort();
    giveBack();
  };
}

/** A frozen page keeps its lock, and one in the back/forward cache may: it gives all up before. */
function watch(handlers: { away(): void; back(): void }): () => void {
  // Workers have none of it.
  if (typeof document === "undefined") return () => {};
  const { away, back } = handlers;
  document.addEventListener("freeze", away);
  document.addEventListener("resume", back);
  window.addEventListener("pagehide", away);
  window.addEventListener("pageshow", back);
  return () => {
    document.removeEventListener("freeze", away);
    document.removeEventListener("resume", back);
    window.removeEventListener("pagehide", away);
    window.removeEventListener("pageshow", back);
  };
}

const id = () => crypto.randomUUID();
