import { create, textButton } from "../dom.ts";
import type { ConnectionState } from "../network/connection-state.ts";
import { createStateChip } from "../network/state-chip.ts";
import { SAMPLES } from "./samples.ts";

/** The field for a command, the buttons that start and stop it, and how it stands. */
export interface CommandLine {
  readonly element: HTMLElement;
  /** The row below, where there is room for more. */
  readonly samples: HTMLElement;
  showState(state: Pick<ConnectionState, "kind" | "text">): void;
  setRunning(running: "no" | "starting" | "yes"): void;
  focus(): void;
}

export interface CommandLineActions {
  readonly run: (commandLine: string) => void;
  readonly stop: () => void;
}

let fields = 0;

export function createCommandLine({ run, stop }: CommandLineActions): CommandLine {
  const id = `command-${++fields}`;
  const typing = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
  const field = create("input", { id, name: "command", required: true, ...typing });
  field.value = SAMPLES[0]?.commandLine ?? "";
  const runButton = create("button", { type: "submit", class: "primary run-button" }, "Run");
  const stopButton = textButton("Stop", () => {
    stopButton.disabled = true;
    stop();
  });
  stopButton.disabled = true;
  const chip = createStateChip("run");
  chip.show({ kind: "idle", text: "no command yet" });
  const form = create(
    "form",
    { class: "command-line" },
    create("label", { for: id }, "Command"),
    field,
    runButton,
    stopButton,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!runButton.disabled) run(field.value);
  });
  const buttons = SAMPLES.map(({ name, commandLine }) =>
    textButton(
      name,
      () => {
        field.value = commandLine;
        form.requestSubmit();
      },
      { title: commandLine, class: "sample" },
    ),
  );
  const tries = create("span", { class: "buttons", role: "group", "aria-label": "Try" }, ...buttons);
  const samples = create(
    "div",
    { class: "samples" },
    create("span", { class: "quiet", "aria-hidden": "true" }, "Try"),
    tries,
    chip.element,
  );

  return {
    element: create("div", {}, form, samples),
    samples,
    showState: chip.show,
    setRunning(running) {
      for (const button of [runButton, ...buttons]) button.disabled = running !== "no";
      stopButton.disabled = running !== "yes";
    },
    focus: () => field.focus(),
  };
}
