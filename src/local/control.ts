import type { Dialect } from "./dialect.ts";

/** A text frame of a client. */
export type Control =
  | { readonly type: "resize"; readonly cols: number; readonly rows: number }
  | { readonly type: "signal"; readonly signal: number }
  | { readonly type: "stdin_eof" }
  /** To be answered by an error frame. */
  | { readonly type: "invalid"; readonly reason: string };

/** HUP, INT, QUIT, ABRT, USR1, USR2, TERM and WINCH: what a client may send. KILL has a route of its own. */
const ALLOWED_SIGNALS: ReadonlySet<unknown> = new Set([1, 2, 3, 6, 10, 12, 15, 28]);

export function isAllowedSignal(value: unknown): value is number {
  return ALLOWED_SIGNALS.has(value);
}

export function signalRefused(value: unknown): string {
  return `signal ${JSON.stringify(value)} is not allowed: use one of ${[...ALLOWED_SIGNALS].join(", ")}`;
}

export function parseControl(text: string, dialect: Dialect): Control {
  const frame = parseObject(text);
  if (frame === undefined) return { type: "invalid", reason: "invalid control frame: not a JSON object" };
  const { type } = frame;
  if (type === undefined) return { type: "invalid", reason: "invalid control frame: missing type" };
  switch (type) {
    case "resize":
      return parseResize(frame.cols, frame.rows, dialect);
    case "signal": {
      const signal = frame.sig;
      return isAllowedSignal(signal)
        ? { type: "signal", signal }
        : { type: "invalid", reason: signalRefused(signal) };
    }
    case "stdin_eof":
      return { type: "stdin_eof" };
    default:
      return {
        type: "invalid",
        reason: `unknown control type: ${typeof type === "string" ? type : JSON.stringify(type)}`,
      };
  }
}

/** serve looks at the size itself; the runner leaves that to the terminal. */
function parseResize(cols: unknown, rows: unknown, dialect: Dialect): Control {
  if (!isSize(cols) || !isSize(rows)) {
    return { type: "invalid", reason: "invalid control frame: resize needs cols and rows up to 65535" };
  }
  if (dialect === "serve" && (cols === 0 || rows === 0)) {
    return { type: "invalid", reason: "resize: cols and rows must be positive" };
  }
  return { type: "resize", cols, rows };
}

/** What a terminal's size is counted in: unsigned 16 bit. */
export function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
