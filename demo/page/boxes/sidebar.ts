import type { Box } from "boxlite-web";
import { byId } from "../dom.ts";
import type { BoxList } from "./box-list.ts";
import { type BoxRow, createBoxRow } from "./box-row.ts";

export interface Sidebar {
  /** Shows the list as it is now. */
  update(): void;
  /** Makes a box the one in which new tabs are opened. Undefined: none. */
  select(id: string | undefined): void;
  readonly selected: Box | undefined;
}

const IMAGE = "alpine:latest";

export function createSidebar(
  list: BoxList,
  problem: (error: unknown) => void,
  onSelect: () => void,
): Sidebar {
  const items = byId("box-list", HTMLUListElement);
  const note = byId("box-note", HTMLParagraphElement);
  const failure = byId("box-failure", HTMLDivElement);
  const form = byId("box-form", HTMLFormElement);
  const image = byId("box-image", HTMLInputElement);
  const name = byId("box-name", HTMLInputElement);
  const newButton = byId("box-new", HTMLButtonElement);
  const rows = new Map<string, BoxRow>();
  let selected: string | undefined;

  function update(): void {
    const { phase, boxes, problem, creating, doing } = list.state;
    items.setAttribute("aria-busy", String(phase === "loading" || creating));
    for (const [id, row] of rows) {
      if (boxes.some((box) => box.id === id)) continue;
      // The focus does not get lost with the row.
      if (row.element.contains(document.activeElement)) newButton.focus();
      row.element.remove();
      rows.delete(id);
    }
    for (const box of boxes) {
      const row = rows.get(box.id) ?? add(box);
      row.show(box, doing.get(box.id), box.id === selected);
    }
    failure.hidden = phase !== "failed";
    byId("box-problem", HTMLParagraphElement).textContent = problem ?? "";
    note.textContent = noteText(phase, creating, boxes.length);
  }

  function add(box: Box): BoxRow {
    const row = createBoxRow(box.id, {
      select: () => select(box.id),
      start: () => list.start(box.id).catch(problem),
      stop: () => list.stop(box.id).catch(problem),
      remove: () => list.remove(box.id).catch(problem),
    });
    rows.set(box.id, row);
    items.append(row.element);
    return row;
  }

  function select(id: string | undefined): void {
    if (selected === id) return;
    selected = id;
    update();
    onSelect();
  }

  function openForm(open: boolean): void {
    form.hidden = !open;
    newButton.setAttribute("aria-expanded", String(open));
    (open ? image : newButton).focus();
  }

  image.value = IMAGE;
  newButton.addEventListener("click", () => openForm(form.hidden !== false));
  byId("box-cancel", HTMLButtonElement).addEventListener("click", () => openForm(false));
  byId("box-refresh", HTMLButtonElement).addEventListener("click", () => void list.refresh());
  byId("box-retry", HTMLButtonElement).addEventListener("click", () => void list.refresh());
  form.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") openForm(false);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (list.state.creating) return;
    try {
      const box = await list.create(image.value, name.value.trim() || undefined);
      openForm(false);
      name.value = "";
      select(box.id);
    } catch (error) {
      problem(error);
    }
  });

  return {
    update,
    select,
    get selected() {
      return list.state.boxes.find((box) => box.id === selected);
    },
  };
}

function noteText(phase: string, creating: boolean, boxes: number): string {
  if (creating) return "Creating a box …";
  if (phase === "loading") return "Asking for the boxes …";
  if (phase === "failed") return boxes === 0 ? "" : "The boxes as they were when the server last answered.";
  return boxes === 0
    ? "There is no box. Create one to run commands in it."
    : "Boxes created here go when the page is left.";
}
