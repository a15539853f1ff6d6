import { type IconName, icon } from "./icons.ts";

type Attributes = Readonly<Record<string, string | boolean>>;

/** The element of the page with this id, which has to be of this class. */
export function byId<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} with the id "${id}".`);
  return element;
}

/** A new element. What is given as text stays text: there is no way to pass markup. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A button that shows a sign only; its name is read out, and seen when one points at it. */
export function iconButton(
  sign: IconName,
  name: string,
  onClick: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const all = { type: "button", class: "icon", "aria-label": name, title: name, ...attributes };
  const button = create("button", all, icon(sign));
  button.addEventListener("click", onClick);
  return button;
}

export function textButton(
  name: string,
  onClick: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const button = create("button", { type: "button", ...attributes }, name);
  button.addEventListener("click", onClick);
  return button;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
