import { create, iconButton, messageOf, textButton } from "../dom.ts";
import { icon } from "../icons.ts";
import { copyText, download } from "./export.ts";
import { createLineStore, type LineStore } from "./line-store.ts";
import type { Mark } from "./line-text.ts";
import { createLogView } from "./log-view.ts";
import { createMarks } from "./marks.ts";
import { createReader } from "./reader.ts";
import { createSearchBar } from "./search-bar.ts";

/** One stream's output: to be read, searched, copied and downloaded, a million lines of it as well as one. */
export interface LogPane {
  readonly element: HTMLElement;
  /** What it has, for those who want the bytes. */
  readonly store: LineStore;
  /** Empties it. */
  clear(): void;
  write(bytes: Uint8Array): void;
  /** Shows a remark in the output, behind its first `position` bytes. */
  mark(mark: Mark): void;
  /** What is said as long as there is nothing. */
  say(text: string): void;
}

export interface LogPaneOptions {
  /** `stdout` or `stderr`. */
  readonly name: string;
  /** Ends what it has to do with the page: its timers, its listeners. */
  readonly signal: AbortSignal;
}

/** Bytes that a stream may take here, its index included: then the oldest lines go. */
const CEILING = 64 * 1024 * 1024;

const numbers = new Intl.NumberFormat("en");

export function createLogPane({ name, signal }: LogPaneOptions): LogPane {
  const store = createLineStore({ ceiling: CEILING });
  const marks = createMarks(store);
  const count = create("span", { class: "count" });
  const markButton = textButton("", () => view.goTo(marks.after(view.top)), { class: "marks", hidden: true });
  const status = create("output", { class: "quiet" });
  const follow = textButton("Newest", () => view.follow(), { class: "follow", hidden: true });
  follow.prepend(icon("newest"));
  const empty = create("p", { class: "empty" });
  const view = createLogView({ name, store, marksIn: marks.in, onDraw, signal });
  const search = createSearchBar(name, store, view, signal);
  const reader = createReader(name, store, signal);
  const element = create(
    "section",
    { class: "pane", "data-stream": name, "aria-label": name },
    create(
      "header",
      {},
      create("h3", {}, name),
      count,
      markButton,
      status,
      iconButton("search", `Search ${name}`, search.open, { "aria-keyshortcuts": "/" }),
      iconButton("copy", `Copy ${name}`, copy),
      iconButton("download", `Download ${name}`, () => download(store, `${name}.log`)),
    ),
    search.element,
    create("div", { class: "log" }, view.element, empty, follow),
    reader.element,
  );

  function onDraw(): void {
    const { bytes, lines, gone } = store;
    const few = lines === 1 ? "1 line" : `${numbers.format(lines)} lines`;
    count.textContent = `${numbers.format(bytes)} bytes · ${few}${gone > 0 ? ", the oldest gone" : ""}`;
    empty.hidden = lines > 0;
    follow.hidden = view.following || lines === 0;
    markButton.hidden = marks.count === 0;
    markButton.textContent = marks.count === 1 ? "1 mark" : `${numbers.format(marks.count)} marks`;
    markButton.title = "Goes to the next place where the output does not go on as it was written";
    search.update();
  }

  async function copy(): Promise<void> {
    try {
      await copyText(store);
      status.textContent = "copied";
    } catch (error) {
      status.textContent = messageOf(error);
    }
  }

  element.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const slash = key === "/" && target === view.element && !ctrlKey && !metaKey && !altKey;
    if (!slash && !(key.toLowerCase() === "f" && (ctrlKey || metaKey) && !altKey)) return;
    event.preventDefault();
    search.open();
  });

  return {
    element,
    store,
    clear() {
      store.clear();
      marks.clear();
      reader.clear();
      status.textContent = "";
      view.invalidate();
      search.restart();
    },
    write(bytes) {
      store.append(bytes);
      reader.update();
      view.update();
    },
    mark(mark) {
      marks.add(mark);
      reader.say(mark.text);
      view.invalidate();
    },
    say(text) {
      empty.textContent = text;
      view.update();
    },
  };
}
