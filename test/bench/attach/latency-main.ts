import { BoxLite } from "boxlite-web";
import WebSocket from "ws";
import { answerWith } from "./child.ts";
import { attachUrl } from "./drain.ts";
import { startFeeder } from "./feeder.ts";

/** The feeder and both clients in one process, which has one clock: milliseconds from each write to the consumer. */
export interface Latencies {
  readonly client: number[];
  readonly bare: number[];
}

answerWith(async ({ frames }: { readonly frames: number }): Promise<Latencies> => {
  const feeder = await startFeeder();
  const client = await startClient(feeder.url);
  const bare = await startBare(feeder.url);
  const output = new Uint8Array(64);
  const latencies: Latencies = { client: [], bare: [] };
  const one = async (name: "client" | "bare", next: () => Promise<void>) => {
    // At rest: nothing of the last frame is under way any more.
    await new Promise((resolve) => setImmediate(resolve));
    const came = next();
    const start = performance.now();
    feeder.write(`idle_${name}`, output);
    await came;
    latencies[name].push(performance.now() - start);
  };
  const warm = Math.min(1_000, frames);
  for (let frame = -warm; frame < frames; frame += 1) {
    if (frame === 0) for (const name of ["client", "bare"] as const) latencies[name].length = 0;
    await one("client", client);
    await one("bare", bare);
  }
  feeder.close();
  return latencies;
});

async function startClient(url: string): Promise<() => Promise<void>> {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
  const execution = await box.exec("idle", ["client"]);
  await execution.events.getReader().read();
  const reader = execution.stdout.getReader();
  return async () => {
    await reader.read();
  };
}

async function startBare(url: string): Promise<() => Promise<void>> {
  const socket = new WebSocket(attachUrl(url, "idle_bare"), { perMessageDeflate: false });
  await new Promise((resolve) => socket.on("open", resolve));
  let resolve = () => {};
  socket.on("message", () => resolve());
  return () =>
    new Promise((came) => {
      resolve = came;
    });
}
