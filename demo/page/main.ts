import { type Box, BoxLite } from "boxlite-web";
import { byId, messageOf } from "./dom.ts";
import { createRunPanel } from "./run-panel.ts";
import { createShell } from "./shell.ts";

declare const __DIALECT__: string;

const IMAGE = "alpine:latest";

// The gateway adds the credential. `keepalive` lets the last request outlive the page.
const boxlite = new BoxLite({
  baseUrl: "/api",
  fetch: (input, init) => fetch(input, { ...init, keepalive: true }),
});

const problemElement = byId("problem", HTMLParagraphElement);

/** Shows what went wrong, in the library's words; undefined: nothing is wrong any more. */
function problem(error: unknown): void {
  problemElement.hidden = error === undefined;
  problemElement.textContent = error === undefined ? "" : messageOf(error);
}

function showBox(status: string, box?: Box): void {
  byId("box-status", HTMLElement).textContent = status;
  if (box === undefined) return;
  const id = byId("box-id", HTMLElement);
  id.textContent = box.id;
  id.title = box.id;
  byId("box-image", HTMLElement).textContent = box.image ?? IMAGE;
}

byId("box-server", HTMLElement).textContent = __DIALECT__;
const runPanel = createRunPanel(problem);
const shell = createShell();

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-fault]")) {
  // Whoever types in the shell goes on typing while the mouse cuts its connection.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", async () => {
    try {
      const response = await fetch(`/demo/${button.dataset.fault}`, { method: "POST" });
      if (!response.ok) problem(new Error(await response.text()));
    } catch (error) {
      problem(error);
    }
  });
}

let box: Box | undefined;
try {
  box = await boxlite.boxes.create({ image: IMAGE });
  const { status } = await box.start();
  showBox(status, box);
  runPanel.use(box);
  shell.use(box);
} catch (error) {
  problem(error);
  showBox("none");
}

// Its processes end with it.
addEventListener("pagehide", () => box?.remove({ force: true }).catch(() => {}));
// Back from the browser's memory, the page is there and its box is not.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
