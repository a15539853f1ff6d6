import type { OutputName } from "boxlite-web";
import type { StreamVerdict } from "../verdict.ts";
import { showState } from "./connection-view.ts";
import { byId, create } from "./dom.ts";

const numbers = new Intl.NumberFormat("en");

/** Shows whether what arrived is what the process wrote. */
export interface VerdictView {
  wait(text: string): void;
  show(verdicts: Readonly<Record<OutputName, StreamVerdict>>): void;
}

export function createVerdictView(): VerdictView {
  const output = byId("verdict", HTMLOutputElement);
  const streams = byId("digests", HTMLDivElement);

  return {
    wait(text) {
      showState(output, { kind: "idle", text });
      streams.replaceChildren(
        create(
          "p",
          "SHA-256 of what arrived here, against that of what the process wrote, taken inside the box.",
        ),
      );
    },
    show(verdicts) {
      const all = [verdicts.stdout, verdicts.stderr].map(({ verdict }) => verdict);
      if (all.includes("differs")) showState(output, { kind: "bad", text: "differs" });
      else if (all.includes("cannot be compared"))
        showState(output, { kind: "warn", text: "cannot be compared" });
      else showState(output, { kind: "good", text: "identical" });
      streams.replaceChildren(digest("stdout", verdicts.stdout), digest("stderr", verdicts.stderr));
    },
  };
}

function digest(name: OutputName, { verdict, reason, received, written }: StreamVerdict): HTMLElement {
  const list = create("dl");
  list.className = "digest";
  const title = create("div");
  title.className = "title";
  title.append(create("b", name), create("span", verdict, { verdict }));
  if (reason !== "") title.append(create("span", reason));
  list.append(title);
  const rows: readonly [string, { readonly bytes: number; readonly sha256: string | null } | null][] = [
    ["received", received],
    ["written", written],
  ];
  for (const [label, measured] of rows) {
    const sum = measured?.sha256 ?? "–";
    const value = create("dd", sum);
    value.title = sum;
    list.append(
      create("dt", measured === null ? label : `${label} ${numbers.format(measured.bytes)} B`),
      value,
    );
  }
  return list;
}
