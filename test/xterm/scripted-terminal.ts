import type { IBuffer } from "@xterm/xterm";
import type { HostTerminal } from "../../src/xterm/index.ts";

export interface ScriptedTerminal extends HostTerminal {
  /** What was written and is not parsed yet, in bytes or characters, piece by piece. */
  readonly unparsed: readonly number[];
  /** All that was parsed, as text, with `<reset>` where the terminal was reset. */
  readonly log: string;
  readonly screen: { type: IBuffer["type"]; cursorX: number };
  /** Parses so many pieces, or all. */
  parse(pieces?: number): void;
}

/** A terminal that parses when the test says so. */
export function createScriptedTerminal(): ScriptedTerminal {
  const decoder = new TextDecoder();
  const written: { readonly data: string | Uint8Array; readonly parsed: () => void }[] = [];
  const screen: ScriptedTerminal["screen"] = { type: "normal", cursorX: 0 };
  const never = () => ({ dispose() {} });
  let log = "";
  return {
    cols: 80,
    rows: 24,
    screen,
    get buffer() {
      // Only these two fields are looked at.
      return { active: screen } as HostTerminal["buffer"];
    },
    onData: never,
    onBinary: never,
    onResize: never,
    write(data, parsed = () => {}) {
      written.push({ data, parsed });
    },
    reset() {
      if (written.length > 0) throw new Error("reset with something unparsed");
      log += "<reset>";
    },
    get unparsed() {
      return written.map(({ data }) => data.length);
    },
    get log() {
      return log;
    },
    parse(pieces = Number.POSITIVE_INFINITY) {
      for (let count = 0; count < pieces; count += 1) {
        const next = written.shift();
        if (next === undefined) return;
        log += typeof next.data === "string" ? next.data : decoder.decode(next.data, { stream: true });
        next.parsed();
      }
    },
  };
}
