import { attach } from "boxlite-web/attach";
import { createMemoryTransport } from "../../support/memory-transport.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";
import { answerWith } from "./child.ts";
import { heldBytes } from "./held.ts";

/** One execution that is cut and attached to again, over a transport in memory and on a clock that is moved by hand. */
export interface Reattached {
  /** Bytes of the heap, with the buffers outside of it, after a collection: at each of the counts that were asked for. */
  readonly held: readonly number[];
  /** Timers and listeners to wake-ups that are left after `detach()`. */
  readonly left: number;
}

answerWith(async ({ counts }: { readonly counts: readonly number[] }): Promise<Reattached> => {
  const transport = createMemoryTransport();
  const clock = createVirtualClock();
  const { stdout, events, exit, detach } = attach({
    ...{ transport, clock, subject: "an execution" },
    probe: () => Promise.resolve({ kind: "running" }),
  });
  void readAll(stdout);
  void readAll(events);
  exit.catch(() => {});
  const held: number[] = [];
  let written = "";
  for (let reattach = 1; reattach <= Math.max(...counts); reattach += 1) {
    const [connection] = transport.connections.splice(0);
    connection?.open();
    if (written !== "") connection?.stdout(written);
    const line = `line ${reattach}\n`;
    connection?.stdout(line);
    written = (written + line).slice(-262_144);
    connection?.close(1006);
    while (transport.connections.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (transport.connections.length === 0) clock.next();
    }
    if (counts.includes(reattach)) held.push(await heldBytes());
  }
  detach();
  return { held, left: clock.pending + clock.listening };
});

async function readAll(stream: ReadableStream<unknown>): Promise<void> {
  const reader = stream.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // Detached.
  }
}
