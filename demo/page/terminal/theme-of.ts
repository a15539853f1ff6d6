import type { ITheme } from "@xterm/xterm";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** What the style sheet says, for the terminal, which paints itself. */
export function themeOf(element: HTMLElement): ITheme {
  const { backgroundColor, color } = getComputedStyle(element);
  const probe = document.createElement("span");
  element.append(probe);
  const ansi = (index: number) => {
    probe.style.color = `var(--ansi-${index})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries([
    ...NAMES.map((name, index) => [name, ansi(index)] as const),
    ...NAMES.map(
      (name, index) => [`bright${name[0]?.toUpperCase()}${name.slice(1)}`, ansi(index + 8)] as const,
    ),
  ]);
  probe.remove();
  return {
    ...colours,
    background: backgroundColor,
    foreground: color,
    cursor: color,
    cursorAccent: backgroundColor,
    selectionBackground: "#7aa7d466",
  };
}
