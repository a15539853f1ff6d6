import { BoxLite } from "boxlite-web";

/** The same output through the client, and over a bare socket that only counts. Both run in Node and in a page. */

export interface Feed {
  readonly url: string;
  readonly mebibytes: number;
  readonly frameBytes: number;
}

/** Milliseconds, and the bytes that came. */
export interface Drained {
  readonly time: number;
  readonly bytes: number;
}

/** As much of the standard socket as is used: `ws` has it, too. */
type Socket = Pick<WebSocket, "binaryType" | "onmessage" | "onerror">;

export async function drainWithClient({ url, mebibytes, frameBytes }: Feed): Promise<Drained> {
  const box = await new BoxLite({ baseUrl: url }).boxes.get("b");
  const start = performance.now();
  const execution = await box.exec("feed", [String(mebibytes), String(frameBytes)]);
  const reader = execution.stdout.getReader();
  let bytes = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) bytes += piece.value.length;
  await execution.exit;
  return { time: performance.now() - start, bytes };
}

let count = 0;

/** Where the feeder serves an execution of this name. */
export function attachUrl(url: string, name: string): string {
  count += 1;
  return `${url.replace("http", "ws")}/v1/boxes/b/executions/${name}_bare${count}/attach`;
}

export function drainBare(feed: Feed, open: (url: string) => Socket): Promise<Drained> {
  const start = performance.now();
  const socket = open(attachUrl(feed.url, `feed_${feed.mebibytes}_${feed.frameBytes}`));
  socket.binaryType = "arraybuffer";
  let bytes = 0;
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the bare socket failed"));
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") resolve({ time: performance.now() - start, bytes });
      else bytes += data.byteLength - 1;
    };
  });
}
