/**
 * Wake-ups: moments at which a connection may have died unnoticed, or an attempt is worth more than before. Sleep is told by a
 * beat that comes late, because no event tells it on every platform; pages tell more, by their events. Nothing here concludes
 * that a connection is dead, and `offline` is not listened to: it would prove nothing either.
 */

/** @param slept Milliseconds, roughly; 0 where there was no sleep, but something changed that is worth a look. */
export type WakeListener = (slept: number) => void;

/** What of the platform is used. A worker has no document, a server no events: what is not there is not listened to. */
export interface WakePlatform {
  /** Milliseconds of the wall clock: it is the one that goes on during a sleep everywhere. */
  now(): number;
  every(delay: number, callback: () => void): () => void;
  readonly window: WakeTarget | undefined;
  readonly document: (WakeTarget & { readonly visibilityState: string }) | undefined;
}

export type WakeTarget = Pick<EventTarget, "addEventListener" | "removeEventListener">;

/** How often the time is looked at, in milliseconds. */
const BEAT = 500;
/** A beat that is later than this was kept by a sleep, in milliseconds, or by a long computation, for which a check does no harm. */
const LATE = 5_000;
/** The same of a page that nobody sees: there browsers let a timer run once a minute. */
const LATE_WHEN_HIDDEN = 90_000;

/** Wake-ups for any number of listeners, over one set of the platform's, which is there as long as somebody listens. */
export function createWakeSource(platform: WakePlatform): (listener: WakeListener) => () => void {
  const listeners = new Set<WakeListener>();
  let stop: (() => void) | null = null;

  function tell(slept: number): void {
    // One may end an execution, and be no listener any more.
    for (const listener of [...listeners]) if (listeners.has(listener)) listener(slept);
  }

  return (listener) => {
    // A listener of its own, should the same function listen twice.
    const own: WakeListener = (slept) => listener(slept);
    listeners.add(own);
    stop ??= watch(platform, tell);
    return () => {
      listeners.delete(own);
      if (listeners.size > 0) return;
      stop?.();
      stop = null;
    };
  };
}

function watch(platform: WakePlatform, tell: WakeListener): () => void {
  const { window, document } = platform;
  const isHidden = () => document?.visibilityState === "hidden";
  let last = platform.now();
  let wasHidden = isHidden();
  let frozen = false;

  /** How long it slept since this was last asked. */
  function takeSleep(): number {
    const now = platform.now();
    const gap = now - last;
    const isSleep = frozen || gap > (wasHidden ? LATE_WHEN_HIDDEN : LATE);
    last = now;
    wasHidden = isHidden();
    frozen = false;
    // One that the page has told of is a sleep, however short.
    return isSleep ? Math.max(1, gap) : 0;
  }

  const look = () => tell(takeSleep());
  const ends = [
    platform.every(BEAT, () => {
      const slept = takeSleep();
      if (slept > 0) tell(slept);
    }),
    listen(window, "online", look),
    // Out of the back/forward cache, in which a page is frozen.
    listen(window, "pageshow", (event) => {
      if (!("persisted" in event && event.persisted)) return;
      frozen = true;
      look();
    }),
    listen(document, "visibilitychange", () => {
      const slept = takeSleep();
      if (slept > 0 || !isHidden()) tell(slept);
    }),
    listen(document, "freeze", () => {
      last = platform.now();
      frozen = true;
    }),
    listen(document, "resume", look),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function listen(target: WakeTarget | undefined, type: string, listener: (event: Event) => void): () => void {
  target?.addEventListener(type, listener);
  return () => target?.removeEventListener(type, listener);
}

/** This platform's. Its timer keeps a process alive no longer than the connection that it is for. */
export const onPlatformWake = createWakeSource({
  now: Date.now,
  every(delay, callback) {
    const timer = setInterval(callback, delay);
    return () => clearInterval(timer);
  },
  window: typeof globalThis.addEventListener === "function" ? globalThis : undefined,
  document: globalThis.document,
});
