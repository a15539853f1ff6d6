import { byId } from "../dom.ts";
import type { Connection } from "../network/connection.ts";
import type { TabContent, TabHost } from "./content.ts";
import { createTabBar, panelId, tabId } from "./tab-bar.ts";
import { activated, closed, NO_TABS, opened, type TabOrder } from "./tab-order.ts";

/** The tabs and what they show. */
export interface Workspace {
  /** Opens a tab behind the others, and shows it. */
  open(make: (host: TabHost) => TabContent): void;
  /** The connection of the tab in front. */
  readonly connection: Connection | undefined;
  closeActive(): void;
  focusTabs(): void;
  focusContent(): void;
  /** The names of boxes may have changed. */
  update(): void;
}

export interface WorkspaceOptions {
  readonly boxName: (id: string) => string;
  /** Is called when another tab is in front, with the id of its box. */
  readonly onFront: (boxId: string | undefined) => void;
  /** The connection of the tab in front has changed. */
  readonly onChange: () => void;
  readonly onBoxUsed: () => void;
}

export function createWorkspace({ boxName, onFront, onChange, onBoxUsed }: WorkspaceOptions): Workspace {
  const panels = byId("panels", HTMLDivElement);
  const empty = byId("no-tabs", HTMLDivElement);
  const contents = new Map<string, TabContent>();
  const bar = createTabBar({ activate, close });
  let order: TabOrder = NO_TABS;
  let count = 0;

  function draw(): void {
    bar.show(order, (id) => {
      const content = contents.get(id);
      const state = content?.connection.timeline?.state ?? { kind: "idle" as const, text: "nothing started" };
      const { kind = "log", title = "", boxId = "" } = content ?? {};
      return { kind, title, box: boxName(boxId), state };
    });
    empty.hidden = order.active !== undefined;
    for (const [id, { element }] of contents) element.hidden = id !== order.active;
  }

  function show(next: TabOrder): void {
    const before = order.active;
    order = next;
    draw();
    if (next.active !== before) onFront(front()?.boxId);
  }

  function front(): TabContent | undefined {
    return order.active === undefined ? undefined : contents.get(order.active);
  }

  function activate(id: string): void {
    show(activated(order, id));
  }

  function close(id: string): void {
    const content = contents.get(id);
    const inside = content?.element.contains(document.activeElement) ?? false;
    content?.close();
    content?.element.remove();
    contents.delete(id);
    show(closed(order, id));
    if (inside) focusTabs();
  }

  function focusTabs(): void {
    if (order.active === undefined) byId("new-command", HTMLButtonElement).focus();
    else bar.focus();
  }

  return {
    open(make) {
      const id = String(++count);
      const content = make({
        changed() {
          // While it is being made, or after it was closed, there is nothing to draw.
          if (!contents.has(id)) return;
          draw();
          if (order.active === id) onChange();
        },
        boxUsed: onBoxUsed,
      });
      const panel = { role: "tabpanel", id: panelId(id), "aria-labelledby": tabId(id) };
      for (const [name, value] of Object.entries(panel)) content.element.setAttribute(name, value);
      contents.set(id, content);
      panels.append(content.element);
      show(opened(order, id));
      content.focus();
    },
    get connection() {
      return front()?.connection;
    },
    closeActive() {
      if (order.active !== undefined) close(order.active);
    },
    focusTabs,
    focusContent() {
      front()?.focus();
    },
    update: draw,
  };
}
