import { BoxLite } from "boxlite-web";
import WebSocket from "ws";
import { answerWith } from "./child.ts";

/** A command that writes a little and ends, started and followed to its exit: so many, so many at a time. */
export interface Commands {
  readonly side: "client" | "bare";
  readonly url: string;
  readonly count: number;
  readonly atATime: number;
}

export interface Took {
  /** Milliseconds, and milliseconds of processor time. */
  readonly time: number;
  readonly cpu: number;
}

answerWith(async ({ side, url, count, atATime }: Commands): Promise<Took> => {
  const run = side === "client" ? await withClient(url) : () => runBare(url);
  const before = process.cpuUsage();
  const start = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      if ((await run()) !== 6) throw new Error("not all output came");
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const { user, system } = process.cpuUsage(before);
  return { time: performance.now() - start, cpu: (user + system) / 1_000 };
});

async function withClient(url: string): Promise<() => Promise<number>> {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
  return async () => {
    const execution = await box.exec("nothing");
    const { stdout, exitCode } = await execution.text();
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`);
    return stdout.length;
  };
}

/** The requests that it takes, and nothing else. */
async function runBare(url: string): Promise<number> {
  const response = await fetch(`${url}/v1/boxes/b/exec`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command: "nothing", args: [] }),
  });
  const { execution_id } = (await response.json()) as { execution_id: string };
  const path = `/v1/boxes/b/executions/${execution_id}/attach`;
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { perMessageDeflate: false });
  let text = "";
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) text += data.toString("utf8", 1);
      else {
        socket.close(1000);
        resolve(text.length);
      }
    });
  });
}
