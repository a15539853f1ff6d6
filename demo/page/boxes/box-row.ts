import type { Box } from "boxlite-web";
import { create, iconButton } from "../dom.ts";
import { icon } from "../icons.ts";
import { boxLabel, type Doing } from "./box-list.ts";

/** A box in the list. */
export interface BoxRow {
  readonly element: HTMLElement;
  show(box: Box, doing: Doing | undefined, selected: boolean): void;
}

export interface BoxActions {
  readonly select: () => void;
  readonly start: () => void;
  readonly stop: () => void;
  readonly remove: () => void;
}

export function createBoxRow(id: string, actions: BoxActions): BoxRow {
  const name = create("span", { class: "box-name" });
  const image = create("span", { class: "box-image" });
  const status = create("span", { class: "box-status" });
  const choose = create("button", { type: "button", class: "box-choose", title: id }, name, status, image);
  choose.addEventListener("click", actions.select);
  let running = false;
  let label = "";
  const power = iconButton("stop", "Stop", () => (running ? actions.stop() : actions.start()));
  const remove = iconButton("trash", "Remove", () => askToRemove(true));
  const reallyRemove = create("button", { type: "button", class: "danger" }, "Remove");
  const keep = create("button", { type: "button" }, "Keep");
  const question = create(
    "div",
    { class: "box-question", hidden: true },
    create("span", {}, "With all that runs in it?"),
    reallyRemove,
    keep,
  );
  const element = create(
    "li",
    { class: "box" },
    choose,
    create("span", { class: "buttons" }, power, remove),
    question,
  );

  function askToRemove(ask: boolean): void {
    question.hidden = !ask;
    (ask ? reallyRemove : remove).focus();
  }

  reallyRemove.addEventListener("click", () => {
    askToRemove(false);
    actions.remove();
  });
  keep.addEventListener("click", () => askToRemove(false));
  question.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") askToRemove(false);
  });

  return {
    element,
    show(box, doing, selected) {
      label = boxLabel(box);
      running = box.status !== "stopped" && box.status !== "configured" && box.status !== "failed";
      name.textContent = label;
      image.textContent = box.image ?? "no image named";
      status.textContent = doing ?? box.status;
      status.dataset.status = doing === undefined ? box.status : "busy";
      if (selected) choose.setAttribute("aria-current", "true");
      else choose.removeAttribute("aria-current");
      power.replaceChildren(icon(running ? "stop" : "start"));
      setName(power, `${running ? "Stop" : "Start"} ${label}`);
      setName(remove, `Remove ${label}`);
      reallyRemove.setAttribute("aria-label", `Remove ${label} with all that runs in it`);
      for (const button of [power, remove, reallyRemove]) button.disabled = doing !== undefined;
    },
  };
}

function setName(button: HTMLButtonElement, name: string): void {
  button.setAttribute("aria-label", name);
  button.title = name;
}
