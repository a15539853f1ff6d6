/** A colour that a program asked for: 0 to 255 of the palette, or {@link RGB} and 24 bits of red, green and blue. */
export type Colour = number;

export const RGB = 0x1000000;

/** How text is to look. Immutable: equal styles of neighbouring text are mostly the same object. */
export interface Style {
  /** Undefined: the pane's own. */
  readonly foreground: Colour | undefined;
  readonly background: Colour | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly hidden: boolean;
  readonly strike: boolean;
}

export const PLAIN: Style = {
  foreground: undefined,
  background: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  hidden: false,
  strike: false,
};

/**
 * The style after a "select graphic rendition" sequence, `ESC [ … m`.
 *
 * @param parameters What stands between `[` and `m`: numbers apart by `;`, and sub-parameters by `:`.
 */
export function rendition(style: Style, parameters: string): Style {
  let next = style;
  const list = parameters.split(";");
  for (let index = 0; index < list.length; index += 1) {
    const [code = 0, ...subs] = (list[index] ?? "").split(":").map(numberOf);
    if (code === 38 || code === 48 || code === 58) {
      // `38:2::r:g:b` has all in one; `38;2;r;g;b` takes the parameters that follow.
      const given = subs.length > 0 ? subs : list.slice(index + 1, index + 5).map(numberOf);
      const { colour, taken } = extendedColour(given, subs.length > 0);
      if (subs.length === 0) index += taken;
      // 58 colours the underline, which is drawn in the text's colour here.
      if (colour !== undefined && code === 38) next = { ...next, foreground: colour };
      if (colour !== undefined && code === 48) next = { ...next, background: colour };
    } else {
      next = simple(next, code, subs[0]);
    }
  }
  return next;
}

function simple(style: Style, code: number, sub: number | undefined): Style {
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: sub !== 0 };
    case 7:
      return { ...style, inverse: true };
    case 8:
      return { ...style, hidden: true };
    case 9:
      return { ...style, strike: true };
    case 21:
      return { ...style, underline: true };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 27:
      return { ...style, inverse: false };
    case 28:
      return { ...style, hidden: false };
    case 29:
      return { ...style, strike: false };
    case 39:
      return { ...style, foreground: undefined };
    case 49:
      return { ...style, background: undefined };
    default:
      return style;
  }
}

/** `5, index` or `2, red, green, blue`; with colons, the latter may have a colour space before red. */
function extendedColour(
  given: readonly number[],
  colons: boolean,
): { readonly colour: Colour | undefined; readonly taken: number } {
  const [mode, ...rest] = given;
  if (mode === 5) {
    const [index = 0] = rest;
    return { colour: index <= 255 ? index : undefined, taken: 2 };
  }
  if (mode !== 2) return { colour: undefined, taken: 1 };
  const [red = 0, green = 0, blue = 0] = colons && rest.length > 3 ? rest.slice(1) : rest;
  const valid = [red, green, blue].every((part) => part <= 255);
  return { colour: valid ? RGB | (red << 16) | (green << 8) | blue : undefined, taken: 4 };
}

function numberOf(text: string): number {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? 0 : number;
}
