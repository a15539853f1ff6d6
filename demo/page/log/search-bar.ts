import { create, iconButton } from "../dom.ts";
import type { LineStore } from "./line-store.ts";
import type { LogView } from "./log-view.ts";
import { createSearch, patternOf, type Search } from "./search.ts";

/** The field with which a log is searched, and what it finds. */
export interface SearchBar {
  readonly element: HTMLElement;
  open(): void;
  /** Lines have come: they are searched, too. */
  update(): void;
  /** The log was emptied. */
  restart(): void;
}

/** Bytes that are looked at in one go; then the page has its turn. */
const PORTION = 512 * 1024;

export function createSearchBar(
  name: string,
  store: LineStore,
  view: LogView,
  signal: AbortSignal,
): SearchBar {
  const field = create("input", {
    type: "search",
    "aria-label": `Search ${name}`,
    placeholder: "Search",
    spellcheck: "false",
    autocomplete: "off",
  });
  const count = create("output", { class: "count" });
  const bar = create(
    "form",
    { class: "search-bar", role: "search", "aria-label": name, hidden: true },
    field,
    count,
    iconButton("up", "Previous (Shift+Enter)", () => go(-1)),
    iconButton("down", "Next (Enter)", () => go(1)),
    iconButton("close", "Close the search (Esc)", close),
  );
  let search: Search | undefined;
  let current: number | undefined;
  /** From where the next one is looked for: where one was when one began to type. */
  let origin = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    const query = field.value;
    search = query === "" ? undefined : createSearch(store, query);
    current = undefined;
    view.find(search && patternOf(query), undefined);
    step();
  }

  function step(): void {
    clearTimeout(timer);
    timer = undefined;
    if (search !== undefined) {
      search.step(PORTION);
      // The next one is gone to as soon as it is found; one before is the next only if there is none behind.
      const next = search.nearest(origin, "forward");
      const line = next === undefined ? undefined : search.lineAt(next);
      if (current === undefined && line !== undefined && (line >= origin || search.done)) show(next);
      if (!search.done) timer = setTimeout(step);
    }
    showCount();
  }

  function go(direction: 1 | -1): void {
    if (search === undefined || search.count === 0) return;
    const from = current === undefined ? view.top : current + direction;
    show(search.nearest(from, direction === 1 ? "forward" : "backward"));
    origin = current ?? origin;
    showCount();
  }

  function show(index: number | undefined): void {
    current = index === undefined ? undefined : search?.lineAt(index);
    if (search === undefined || current === undefined) return;
    view.goTo(current);
    view.find(patternOf(field.value), current);
  }

  function showCount(): void {
    if (search === undefined) count.textContent = "";
    else if (search.count === 0) count.textContent = search.done ? "not found" : "searching…";
    else {
      const place = current === undefined ? undefined : search.nearest(current, "forward");
      const all = `${search.count.toLocaleString("en")}${search.done ? "" : "+"}`;
      count.textContent = `${place === undefined ? "–" : (place + 1).toLocaleString("en")} of ${all}`;
    }
  }

  function close(): void {
    clearTimeout(timer);
    search = undefined;
    current = undefined;
    bar.hidden = true;
    view.find(undefined, undefined);
    view.element.focus();
  }

  field.addEventListener("input", start);
  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    go(1);
  });
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && event.shiftKey && event.target === field) go(-1);
    else return;
    event.preventDefault();
  });
  signal.addEventListener("abort", () => clearTimeout(timer));

  return {
    element: bar,
    open() {
      if (bar.hidden) {
        bar.hidden = false;
        origin = view.top;
        start();
      }
      field.focus();
      field.select();
    },
    update() {
      if (search !== undefined && timer === undefined) step();
    },
    restart() {
      origin = 0;
      if (!bar.hidden) start();
    },
  };
}
