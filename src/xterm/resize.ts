import type { TerminalSize } from "../attach/frames.ts";

export interface Resizer {
  resize(size: TerminalSize): void;
  dispose(): void;
}

/** Milliseconds. A window that is dragged has a new size in every frame, and a full-screen program draws anew for each. */
const DELAY = 50;

/** Passes on the last of many sizes. */
export function createResizer(pass: (size: TerminalSize) => void): Resizer {
  let last: TerminalSize;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    resize({ cols, rows }) {
      last = { cols, rows };
      timer ??= setTimeout(() => {
        timer = undefined;
        pass(last);
      }, DELAY);
    },
    dispose: () => clearTimeout(timer),
  };
}
