import { type Box, BoxLite } from "boxlite-web";
import { boxLabel, createBoxList } from "./boxes/box-list.ts";
import { createSidebar } from "./boxes/sidebar.ts";
import { createDisclosure } from "./disclosure.ts";
import { byId, messageOf } from "./dom.ts";
import { icon } from "./icons.ts";
import { createDrawer } from "./network/drawer.ts";
import { createFaults } from "./network/faults.ts";
import { createRunTab } from "./run/run-tab.ts";
import { createShortcuts } from "./shortcuts.ts";
import { createWorkspace } from "./tabs/workspace.ts";
import { createTerminalTab } from "./terminal/terminal-tab.ts";
import { createThemeToggle } from "./theme.ts";

declare const __DIALECT__: string;

const IMAGE = "alpine:latest";
/** Pixels: from here on there is room for everything at once. */
const WIDE = 900;

// The gateway adds the credential. `keepalive` lets the last request outlive the page.
const boxlite = new BoxLite({
  baseUrl: "/api",
  fetch: (input, init) => fetch(input, { ...init, keepalive: true }),
});

for (const [id, sign] of [
  ["boxes-toggle", "menu"],
  ["network-toggle", "network"],
  ["theme", "theme"],
  ["help", "keyboard"],
  ["box-new", "plus"],
  ["box-refresh", "refresh"],
  ["new-command", "log"],
  ["new-terminal", "terminal"],
  ["close-tab", "close"],
  ["problem-close", "close"],
  ["shortcuts-close", "close"],
] as const) {
  byId(id, HTMLButtonElement).prepend(icon(sign));
}

const problemBar = byId("problem", HTMLDivElement);

/** Shows what went wrong, in the library's words; undefined: nothing is wrong any more. */
function problem(error: unknown): void {
  problemBar.hidden = error === undefined;
  byId("problem-text", HTMLParagraphElement).textContent = error === undefined ? "" : messageOf(error);
}

byId("problem-close", HTMLButtonElement).addEventListener("click", () => problem(undefined));
byId("server", HTMLElement).textContent = __DIALECT__;
createThemeToggle();

const boxes = createBoxList(boxlite, () => {
  sidebar.update();
  workspace.update();
  updateButtons();
});
const sidebar = createSidebar(boxes, problem, updateButtons);
const drawer = createDrawer();
const workspace = createWorkspace({
  boxName(id) {
    // Of the only one there is nothing to tell.
    if (boxes.state.boxes.length <= 1 && boxes.state.boxes[0]?.id === id) return "";
    const box = boxes.state.boxes.find((each) => each.id === id);
    return box === undefined ? "gone" : boxLabel(box);
  },
  onFront(boxId) {
    drawer.show(workspace.connection);
    if (boxId !== undefined) sidebar.select(boxId);
    updateButtons();
  },
  onChange: drawer.update,
  onBoxUsed: () => void boxes.refresh(),
});
const newCommand = byId("new-command", HTMLButtonElement);
const newTerminal = byId("new-terminal", HTMLButtonElement);
const closeTab = byId("close-tab", HTMLButtonElement);
let terminals = 0;

function updateButtons(): void {
  const none = sidebar.selected === undefined;
  newCommand.disabled = none;
  newTerminal.disabled = none;
  closeTab.hidden = workspace.connection === undefined;
}

function openCommand(box: Box): void {
  workspace.open((host) => createRunTab(box, host));
}

function openTerminal(box: Box): void {
  terminals += 1;
  workspace.open((host) => createTerminalTab(box, `Terminal ${terminals}`, host));
}

newCommand.addEventListener("click", () => sidebar.selected && openCommand(sidebar.selected));
newTerminal.addEventListener("click", () => sidebar.selected && openTerminal(sidebar.selected));
closeTab.addEventListener("click", workspace.closeActive);
const wide = innerWidth >= WIDE;
createDisclosure("boxes-toggle", "boxes", wide);
createDisclosure("network-toggle", "network", wide);
createShortcuts([
  { element: byId("boxes", HTMLElement), focus: () => byId("box-new", HTMLButtonElement).focus() },
  { element: byId("tabs-region", HTMLElement), focus: workspace.focusTabs },
  { element: byId("panels", HTMLElement), focus: workspace.focusContent },
  { element: byId("network", HTMLElement), focus: () => byId("cut", HTMLButtonElement).focus() },
]);
void createFaults(problem);

// Its processes end with it.
addEventListener("pagehide", boxes.removeOwn);
// Back from the browser's memory, the page is there and its boxes are not.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
// Others may have changed them meanwhile.
addEventListener("focus", () => void boxes.refresh());

try {
  const box = await boxes.create(IMAGE, undefined);
  sidebar.select(box.id);
  openCommand(box);
} catch (error) {
  problem(error);
}
