import { create } from "../dom.ts";
import { announcement } from "./announcement.ts";
import type { LineStore } from "./line-store.ts";
import { textOf } from "./line-text.ts";

/** Tells a screen reader what comes into a log, at a pace that one can listen to. */
export interface Reader {
  readonly element: HTMLElement;
  update(): void;
  /** Says something of its own, besides. */
  say(text: string): void;
  clear(): void;
}

/** Milliseconds between two announcements. */
const PACE = 2_000;

export function createReader(name: string, store: LineStore, signal: AbortSignal): Reader {
  const element = create("div", { class: "visually-hidden", "aria-live": "polite" });
  let told = 0;
  let remarks: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function speak(): void {
    timer = undefined;
    const { whole, first } = store;
    const count = whole - told;
    const read = Math.min(3, whole - Math.max(told, first));
    const latest = Array.from({ length: read }, (_, index) => textOf(store, whole - read + index));
    told = whole;
    const lines = count > 0 ? [`${name}: ${announcement(count, latest)}`] : [];
    element.replaceChildren(...[...remarks, ...lines].map((text) => create("p", {}, text)));
    remarks = [];
  }

  function schedule(): void {
    timer ??= signal.aborted ? undefined : setTimeout(speak, PACE);
  }

  signal.addEventListener("abort", () => clearTimeout(timer));

  return {
    element,
    update() {
      if (store.whole > told) schedule();
    },
    say(text) {
      remarks = [...remarks, text].slice(-3);
      schedule();
    },
    clear() {
      told = 0;
      remarks = [];
      element.replaceChildren();
    },
  };
}
