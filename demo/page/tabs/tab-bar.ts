import { byId, create } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Kind } from "../network/connection-state.ts";
import { type TabOrder, tabForKey } from "./tab-order.ts";

/** What stands on a tab. */
export interface TabLabel {
  readonly kind: "log" | "terminal";
  readonly title: string;
  readonly box: string;
  readonly state: { readonly kind: Kind; readonly text: string };
}

export interface TabBar {
  show(order: TabOrder, labelOf: (id: string) => TabLabel): void;
  /** Moves the focus to the tab that is shown. */
  focus(): void;
}

export interface TabActions {
  readonly activate: (id: string) => void;
  readonly close: (id: string) => void;
}

export const tabId = (id: string) => `tab-${id}`;
export const panelId = (id: string) => `panel-${id}`;

/** The tabs: one stop of the Tab key, with arrow keys between them, as the ARIA practices have it. */
export function createTabBar({ activate, close }: TabActions): TabBar {
  const bar = byId("tabs", HTMLDivElement);
  const tabs = new Map<string, HTMLButtonElement>();
  let order: TabOrder = { ids: [], active: undefined };

  function add(id: string): HTMLButtonElement {
    const keys = { "aria-keyshortcuts": "Delete", title: "Delete closes the tab" };
    const tab = create("button", {
      type: "button",
      role: "tab",
      id: tabId(id),
      "aria-controls": panelId(id),
      ...keys,
    });
    tab.addEventListener("click", ({ target }) => {
      // The sign is for the mouse; whoever uses keys has Delete and the panel's button.
      if (target instanceof Element && target.closest(".tab-close") !== null) close(id);
      else activate(id);
    });
    tab.addEventListener("auxclick", ({ button }) => {
      if (button === 1) close(id);
    });
    tab.addEventListener("keydown", (event) => {
      const to = tabForKey(order, id, event.key);
      if (event.key === "Delete") close(id);
      else if (to !== undefined) activate(to);
      else return;
      event.preventDefault();
      focus();
    });
    tabs.set(id, tab);
    bar.append(tab);
    return tab;
  }

  function draw(tab: HTMLButtonElement, label: TabLabel, active: boolean): void {
    const { kind, title, box, state } = label;
    tab.setAttribute("aria-selected", String(active));
    tab.tabIndex = active ? 0 : -1;
    tab.dataset.state = state.kind;
    const text = [kind, title, box, state.text].join("\n");
    // Drawn only when it says something else: it may be under the mouse.
    if (tab.dataset.text === text) return;
    tab.dataset.text = text;
    const sign = create("span", { class: "tab-close", "aria-hidden": "true", title: "Close" }, icon("close"));
    tab.replaceChildren(
      icon(kind),
      create("span", { class: "tab-title" }, title),
      create("span", { class: "tab-box" }, box),
      create("span", { class: "visually-hidden" }, `, ${state.text}`),
      sign,
    );
  }

  function focus(): void {
    if (order.active !== undefined) tabs.get(order.active)?.focus();
  }

  return {
    show(next, labelOf) {
      const moved = next.active !== order.active;
      order = next;
      for (const [id, tab] of tabs) {
        if (next.ids.includes(id)) continue;
        tab.remove();
        tabs.delete(id);
      }
      for (const id of next.ids) {
        const tab = tabs.get(id) ?? add(id);
        draw(tab, labelOf(id), id === next.active);
        if (moved && id === next.active) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    },
    focus,
  };
}
