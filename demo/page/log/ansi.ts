import { PLAIN, rendition, type Style } from "./style.ts";

/** Reads terminal output piece by piece, wherever it is cut, and tells text from escape sequences. */
export interface AnsiParser {
  /** The style of the text that comes next. */
  readonly style: Style;
  /** Whether the next byte is text, and not the rest of a sequence that has begun. */
  readonly inText: boolean;
  /** @param onText Is told of each stretch of text, `bytes[from]` up to `bytes[to]`, and of its style. */
  feed(bytes: Uint8Array, onText?: (from: number, to: number, style: Style) => void): void;
}

export const ESCAPE = 0x1b;
const NEWLINE = 0x0a;
const BELL = 0x07;
/** A sequence that is longer is none that has a meaning here; it is skipped all the same. */
const MAX_PARAMETERS = 256;

/**
 * - `escape`: after ESC. `charset`: one more byte belongs to it, as in `ESC ( B`.
 * - `csi`: after `ESC [`, up to the final byte.
 * - `string`: after `ESC ]` (titles, links), `ESC P` and the like, up to BEL or `ESC \`.
 */
type State = "text" | "escape" | "charset" | "csi" | "string" | "string-escape";

/**
 * Only colours and attributes have an effect: a log has no cursor. All other sequences are left out. A newline ends any
 * of them, so that none can swallow what follows its line, and a line can be read by itself if the style before it is known.
 */
export function createAnsiParser(initial: Style = PLAIN): AnsiParser {
  let style = initial;
  let state: State = "text";
  let parameters = "";

  function step(byte: number): State {
    switch (state) {
      case "escape":
        return afterEscape(byte);
      case "csi":
        if (byte >= 0x40 && byte <= 0x7e) {
          // `ESC [ > 4 m` and the like are private, and no colours.
          if (byte === 0x6d && parameters.length < MAX_PARAMETERS && /^[\d;:]*$/.test(parameters))
            style = rendition(style, parameters);
          return "text";
        }
        if (parameters.length < MAX_PARAMETERS) parameters += String.fromCharCode(byte);
        return "csi";
      case "string":
        return byte === BELL ? "text" : byte === ESCAPE ? "string-escape" : "string";
      case "string-escape":
        // `ESC \` ends the string, and any other sequence does, too.
        return byte === 0x5c ? "text" : afterEscape(byte);
      default:
        return "text";
    }
  }

  function afterEscape(byte: number): State {
    parameters = "";
    if (byte === 0x5b) return "csi";
    if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return "string";
    if (byte >= 0x20 && byte <= 0x2f) return "charset";
    return "text";
  }

  return {
    get style() {
      return style;
    },
    get inText() {
      return state === "text";
    },
    feed(bytes, onText) {
      let index = 0;
      while (index < bytes.length) {
        if (state === "text") {
          const next = bytes.indexOf(ESCAPE, index);
          const end = next === -1 ? bytes.length : next;
          if (end > index) onText?.(index, end, style);
          index = end + 1;
          if (next !== -1) state = "escape";
          continue;
        }
        const byte = bytes[index] ?? 0;
        if (byte === NEWLINE) {
          state = "text";
          continue;
        }
        state = byte === ESCAPE && state !== "string" ? "escape" : step(byte);
        index += 1;
      }
    },
  };
}
