export { BoxLiteAddon, type BoxLiteAddonOptions, type TerminalExecution } from "./addon.ts";
export type { TerminalState } from "./state.ts";
export type { HostTerminal } from "./terminal.ts";
