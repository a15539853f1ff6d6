import type { Terminal } from "@xterm/xterm";

/** What is used of an xterm.js `Terminal`; `@xterm/headless` has it, too. */
export type HostTerminal = Pick<
  Terminal,
  "cols" | "rows" | "buffer" | "write" | "reset" | "onData" | "onBinary" | "onResize"
>;
