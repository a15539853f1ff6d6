import { create } from "../dom.ts";

const VIEWS = [
  ["both", "Both"],
  ["stdout", "stdout"],
  ["stderr", "stderr"],
] as const;

let groups = 0;

/** The two outputs, apart from each other, and the choice of which are shown. */
export function createStreams(stdout: HTMLElement, stderr: HTMLElement) {
  const element = create("div", { class: "streams", "data-view": "both" }, stdout, stderr);
  const name = `view-${++groups}`;
  const choice = create(
    "fieldset",
    { class: "segments" },
    create("legend", { class: "visually-hidden" }, "Output shown"),
  );
  for (const [value, text] of VIEWS) {
    const radio = create("input", { type: "radio", name, value, class: "visually-hidden" });
    radio.checked = value === "both";
    radio.addEventListener("change", () => {
      element.dataset.view = value;
    });
    choice.append(create("label", {}, radio, create("span", {}, text)));
  }
  return { element, choice };
}
