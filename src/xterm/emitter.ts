import type { IEvent } from "@xterm/xterm";

export interface Emitter<T> {
  readonly event: IEvent<T>;
  fire(value: T): void;
  /** Nobody is told anything any more. */
  dispose(): void;
}

/** An event in xterm.js's own shape. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T, second: undefined) => unknown>();
  return {
    event(listener) {
      // Wrapped: the same function may listen twice.
      const call = (value: T, second: undefined) => listener(value, second);
      listeners.add(call);
      return { dispose: () => void listeners.delete(call) };
    },
    fire(value) {
      for (const listener of [...listeners]) listener(value, undefined);
    },
    dispose: () => listeners.clear(),
  };
}
