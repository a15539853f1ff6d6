/** Tasks of the event loop. */
export interface Turns {
  /** Resolves in a task of its own: by then, all that was settled before has run. At once when disposed. */
  next(): Promise<void>;
  dispose(): void;
}

/** Not `setTimeout`, which waits for 4 ms when it is nested, and for a second or more in a hidden tab. */
export function createTurns(): Turns {
  const { port1, port2 } = new MessageChannel();
  let resolve: (() => void) | undefined;
  port1.onmessage = () => resolve?.();
  return {
    next: () =>
      new Promise((done) => {
        resolve = done;
        port2.postMessage(null);
      }),
    dispose() {
      port1.close();
      resolve?.();
    },
  };
}
