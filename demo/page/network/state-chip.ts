import { create } from "../dom.ts";
import type { ConnectionState } from "./connection-state.ts";

/** A word or two on how something stands, in its colour; read out when it changes. */
export interface StateChip {
  readonly element: HTMLElement;
  show(state: Pick<ConnectionState, "kind" | "text">): void;
}

export function createStateChip(name: string): StateChip {
  const element = create("output", { class: `state ${name}-state`, "data-state": "idle" });
  return {
    element,
    show({ kind, text }) {
      element.dataset.state = kind;
      element.textContent = text;
    },
  };
}
