import type { OutputName } from "boxlite-web";
import type { StreamVerdict } from "../../verdict.ts";
import { create } from "../dom.ts";
import { createStateChip } from "../network/state-chip.ts";

const numbers = new Intl.NumberFormat("en");

/** Shows whether what arrived is what the process wrote. */
export interface VerdictView {
  readonly element: HTMLElement;
  wait(text: string): void;
  show(verdicts: Readonly<Record<OutputName, StreamVerdict>>): void;
}

export function createVerdictView(): VerdictView {
  const chip = createStateChip("verdict");
  const streams = create("div", { class: "digests" });
  const title = create("header", {}, create("h3", {}, "Received = written?"), chip.element);
  const element = create(
    "section",
    { class: "verdict", "aria-label": "Received = written?" },
    title,
    streams,
  );

  return {
    element,
    wait(text) {
      chip.show({ kind: "idle", text });
      const about =
        "SHA-256 of what arrived here, against that of what the process wrote, taken inside the box.";
      streams.replaceChildren(create("p", {}, about));
    },
    show(verdicts) {
      const all = [verdicts.stdout, verdicts.stderr].map(({ verdict }) => verdict);
      if (all.includes("differs")) chip.show({ kind: "bad", text: "differs" });
      else if (all.includes("cannot be compared")) chip.show({ kind: "warn", text: "cannot be compared" });
      else chip.show({ kind: "good", text: "identical" });
      streams.replaceChildren(digest("stdout", verdicts.stdout), digest("stderr", verdicts.stderr));
    },
  };
}

function digest(name: OutputName, { verdict, reason, received, written }: StreamVerdict): HTMLElement {
  const title = create(
    "p",
    {},
    create("b", {}, name),
    " ",
    create("span", { "data-verdict": verdict }, verdict),
  );
  if (reason !== "") title.append(` ${reason}`);
  const list = create("dl");
  const rows: readonly [string, { readonly bytes: number; readonly sha256: string | null } | null][] = [
    ["received", received],
    ["written", written],
  ];
  for (const [label, measured] of rows) {
    const sum = measured?.sha256 ?? "–";
    const name = measured === null ? label : `${label} ${numbers.format(measured.bytes)} B`;
    list.append(create("dt", {}, name), create("dd", { title: sum }, sum));
  }
  return create("div", { class: "digest" }, title, list);
}
