/** Drawn on 16 × 16, with lines of 1.5. */
const PATHS = {
  search: "M7 2.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5ZM10.2 10.2l3.3 3.3",
  copy: "M5.75 5.75h7.5v7.5h-7.5zM10.25 5.5V2.75h-7.5v7.5H5.5",
  download: "M8 2.5v7.25M4.75 6.75 8 10l3.25-3.25M2.75 13.25h10.5",
  close: "m4 4 8 8M12 4l-8 8",
  up: "m3.5 10 4.5-4.5L12.5 10",
  down: "M3.5 6 8 10.5 12.5 6",
  newest: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3.5 13.5h9",
  plus: "M8 3v10M3 8h10",
  refresh: "M13 8a5 5 0 1 1-1.6-3.7M13.25 2.25v2.5h-2.5",
  start: "M5 3.5v9l7-4.5z",
  stop: "M4.25 4.25h7.5v7.5h-7.5z",
  trash: "M3 4.5h10M6.25 4.5V3h3.5v1.5M4.5 4.5l.6 8.75h5.8l.6-8.75",
  terminal: "m3 4.5 3.5 3.5L3 11.5M8 12h5",
  log: "M3 4h10M3 7h7M3 10h10M3 13h5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  network: "M2.5 6.5a8 8 0 0 1 11 0M4.75 9a4.8 4.8 0 0 1 6.5 0M8 12h.01",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  keyboard: "M1.75 4h12.5v8H1.75zM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.75 6.5h.01M5 9.5h6",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** A sign, which says nothing to a screen reader: what it stands for is said by its button. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [attribute, value] of Object.entries({
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    "aria-hidden": "true",
  })) {
    svg.setAttribute(attribute, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
