import type { NetworkState } from "../../fault-control.ts";
import { byId } from "../dom.ts";

/** The controls that break the network, for every page of this demo. */
export async function createFaults(problem: (error: unknown) => void): Promise<void> {
  const offline = byId("offline", HTMLButtonElement);
  const latency = byId("latency", HTMLSelectElement);

  async function ask(fault: string): Promise<void> {
    const response = await fetch(`/demo/${fault}`, { method: "POST" });
    if (!response.ok) throw new Error(`The demo’s network: ${(await response.text()).trim()}`);
  }

  function showOffline(is: boolean): void {
    offline.setAttribute("aria-pressed", String(is));
  }

  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-fault]")) {
    // Whoever types in a terminal goes on typing while the mouse cuts its connection.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => ask(button.dataset.fault ?? "").catch(problem));
  }
  offline.addEventListener("mousedown", (event) => event.preventDefault());
  offline.addEventListener("click", () => {
    const next = offline.getAttribute("aria-pressed") !== "true";
    ask(next ? "offline" : "online").then(() => showOffline(next), problem);
  });
  latency.addEventListener("change", () => ask(`latency?ms=${latency.value}`).catch(problem));

  try {
    const state: NetworkState = await (await fetch("/demo/network")).json();
    showOffline(state.offline);
    latency.value = String(state.latency);
  } catch (error) {
    problem(error);
  }
}
