import { byId, create } from "../dom.ts";
import type { Connection } from "./connection.ts";
import { countdown } from "./countdown.ts";
import type { Entry, Span } from "./timeline.ts";

/** Shows what the connection of the tab in front has been through. */
export interface Drawer {
  /** Undefined: there is no tab. */
  show(connection: Connection | undefined): void;
  /** The connection that is shown has changed. */
  update(): void;
}

/** Milliseconds between two drawings of what grows or runs out. */
const TICK = 250;

export function createDrawer(): Drawer {
  const list = byId("events", HTMLOListElement);
  const strip = byId("strip", HTMLDivElement);
  const deadline = byId("deadline", HTMLParagraphElement);
  const empty = byId("events-empty", HTMLParagraphElement);
  // To be scrolled by keys: not every browser sees to that itself.
  list.tabIndex = 0;
  let connection: Connection | undefined;
  /** What is in the list. */
  let listed: readonly Entry[] = [];
  /** The list stays at its end, unless one has scrolled away from it. */
  let pinned = true;
  let timer: ReturnType<typeof setInterval> | undefined;

  function update(): void {
    const timeline = connection?.timeline;
    empty.hidden = timeline !== undefined && timeline.entries.length > 0;
    drawEntries(timeline?.entries ?? []);
    drawTime();
    // Only something that goes on needs a clock.
    const runs = timeline?.spans.some(({ to }) => to === undefined) ?? false;
    if (runs) timer ??= setInterval(drawTime, TICK);
    else {
      clearInterval(timer);
      timer = undefined;
    }
  }

  function drawEntries(entries: readonly Entry[]): void {
    const last = listed.at(-1);
    const goesOn = last !== undefined && entries.includes(last);
    if (!goesOn) list.replaceChildren();
    list.append(...(goesOn ? entries.slice(entries.indexOf(last) + 1) : entries).map(entryElement));
    while (list.childElementCount > entries.length) list.firstElementChild?.remove();
    listed = entries;
    if (!goesOn) pinned = true;
    pin();
  }

  function pin(): void {
    if (pinned) list.scrollTop = list.scrollHeight;
  }

  list.addEventListener("scroll", () => {
    pinned = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  });
  // The drawer opens, the deadline comes and goes: then there is room for other lines.
  new ResizeObserver(pin).observe(list);

  function drawTime(): void {
    const timeline = connection?.timeline;
    const now = connection?.now() ?? 0;
    strip.replaceChildren(...(timeline?.spans ?? []).map((span) => spanElement(span, now)));
    drawDeadline(timeline?.deadline ?? null);
  }

  function drawDeadline(due: number | null): void {
    deadline.hidden = due === null;
    if (due === null) return;
    const left = due - Date.now();
    deadline.textContent =
      left > 0
        ? `Nobody is attached: in ${countdown(left)} the server begins to end the process.`
        : "Nobody was attached for 5 minutes: the server ends the process.";
  }

  return {
    show(next) {
      if (connection === next) return;
      connection = next;
      update();
    },
    update,
  };
}

function entryElement({ at, kind, text }: Entry): HTMLLIElement {
  return create(
    "li",
    { "data-kind": kind },
    create("time", {}, `${(at / 1000).toFixed(3)} s`),
    create("span", {}, text),
  );
}

function spanElement({ link, from, to }: Span, now: number): HTMLSpanElement {
  const element = create("span", { "data-link": link });
  element.style.flexGrow = String(Math.max(1, (to ?? now) - from));
  return element;
}
