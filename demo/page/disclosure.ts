import { byId } from "./dom.ts";

/** A part of the page that a button opens and closes. */
export interface Disclosure {
  set(open: boolean): void;
}

/** @param open At first. */
export function createDisclosure(buttonId: string, targetId: string, open: boolean): Disclosure {
  const button = byId(buttonId, HTMLButtonElement);
  const target = byId(targetId, HTMLElement);

  function set(open: boolean): void {
    button.setAttribute("aria-expanded", String(open));
    target.dataset.open = String(open);
  }

  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  set(open);
  return { set };
}
