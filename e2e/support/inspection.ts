import type { Page } from "playwright-core";

/** What can be used, and has neither a text nor a label; ids that are there twice, or that lead nowhere. */
export function unnamed(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const shown = (element: Element) => element.checkVisibility({ visibilityProperty: true });
    const what = (element: Element) =>
      `${element.tagName.toLowerCase()}${element.id && `#${element.id}`}.${element.className}`;
    const usable =
      "button, a[href], input, select, textarea, [role=tab], [role=log], [role=dialog], dialog, section, nav";
    for (const element of document.querySelectorAll(usable)) {
      if (!shown(element)) continue;
      const labels = "labels" in element && element.labels instanceof NodeList ? [...element.labels] : [];
      const by = (element.getAttribute("aria-labelledby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id));
      const named = [
        element.getAttribute("aria-label"),
        ...[...labels, ...by].map((label) => label?.textContent),
      ];
      const content = element.matches("button, a, [role=tab]") ? element.textContent : "";
      if (![...named, content].some((text) => (text ?? "").trim() !== ""))
        problems.push(`no name: ${what(element)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    for (const id of new Set(ids.filter((each, index) => ids.indexOf(each) !== index)))
      problems.push(`twice: #${id}`);
    for (const attribute of ["aria-controls", "aria-labelledby", "for"]) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        const id = element.getAttribute(attribute) ?? "";
        if (document.getElementById(id) === null)
          problems.push(`${attribute} leads nowhere: ${what(element)}`);
      }
    }
    for (const list of document.querySelectorAll("[role=tablist]")) {
      if ([...list.children].some((child) => child.getAttribute("role") !== "tab"))
        problems.push("no tab in the tab list");
      if (list.querySelectorAll('[tabindex="0"]').length !== 1)
        problems.push("not exactly one tab takes the focus");
    }
    return problems;
  });
}

/** Texts in sight that have less contrast on their ground than WCAG AA asks for. Disabled controls may have less. */
export function poorContrast(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Rgba = [number, number, number, number];
    const parse = (text: string): Rgba => {
      const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
      return [r, g, b, a];
    };
    const over = (top: Rgba, below: Rgba): Rgba => {
      const mix = (index: 0 | 1 | 2) => top[index] * top[3] + below[index] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const luminance = (colour: Rgba) => {
      const [r, g, b] = [colour[0], colour[1], colour[2]].map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
    };
    const groundOf = (element: Element | null): Rgba => {
      if (element === null) return [255, 255, 255, 1];
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
    };
    const problems = new Set<string>();
    for (const element of document.querySelectorAll("body *")) {
      const text = [...element.childNodes].filter((node) => node instanceof Text && node.data.trim() !== "");
      if (text.length === 0 || !element.checkVisibility({ visibilityProperty: true })) continue;
      if (element.closest(".visually-hidden, .skip, :disabled, .xterm, option") !== null) continue;
      const { color, opacity } = getComputedStyle(element);
      const ground = groundOf(element);
      const [r, g, b, a] = parse(color);
      const front = over([r, g, b, a * Number(opacity)], ground);
      const [light, dark] = [luminance(front), luminance(ground)].sort((x, y) => y - x);
      const ratio = ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
      if (ratio < 4.5)
        problems.add(
          `${ratio.toFixed(2)}: "${element.textContent.slice(0, 30)}" ${color} .${element.className}`,
        );
    }
    return [...problems];
  });
}
