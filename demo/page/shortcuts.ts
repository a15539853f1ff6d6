import { byId } from "./dom.ts";

/** A part of the page that F6 goes to. */
export interface Region {
  readonly element: HTMLElement;
  /** Moves the focus into it. */
  focus(): void;
}

/** F6 goes from one region to the next, out of a terminal, too, which takes all other keys. F1 shows all the keys. */
export function createShortcuts(regions: readonly Region[]): void {
  const dialog = byId("shortcuts", HTMLDialogElement);

  addEventListener(
    "keydown",
    (event) => {
      const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
      if (ctrlKey || altKey || metaKey || dialog.open) return;
      if (key === "F6") move(shiftKey ? -1 : 1);
      // A terminal's own F1 is the program's.
      else if (key === "F1" && document.activeElement?.closest(".terminal-place") == null) dialog.showModal();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
  byId("help", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  byId("shortcuts-close", HTMLButtonElement).addEventListener("click", () => dialog.close());

  function move(step: 1 | -1): void {
    // What is closed has no place on the page.
    const there = regions.filter(({ element }) => element.offsetParent !== null);
    const now = there.findIndex(({ element }) => element.contains(document.activeElement));
    const next = now === -1 ? 0 : (now + step + there.length) % there.length;
    there[next]?.focus();
  }
}
