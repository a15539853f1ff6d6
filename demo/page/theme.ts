import { byId } from "./dom.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "theme";
/** On the document, when the colours are others now. */
const CHANGED = "themechange";

/** The button that goes from the system's colours to light, to dark, and back; the choice is remembered. */
export function createThemeToggle(): void {
  const button = byId("theme", HTMLButtonElement);
  const name = byId("theme-name", HTMLSpanElement);
  let theme = remembered();

  function apply(): void {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    name.textContent = `Theme: ${theme}`;
    button.title = `Theme: ${theme}`;
    document.dispatchEvent(new Event(CHANGED));
  }

  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    remember(theme);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  apply();
}

/** Calls when the colours have changed, until the signal aborts. */
export function onThemeChange(changed: () => void, signal: AbortSignal): void {
  document.addEventListener(CHANGED, changed, { signal });
}

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return THEMES.find((each) => each === theme) ?? "system";
  } catch {
    // Storage may be forbidden.
    return "system";
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
}
