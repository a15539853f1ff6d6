import WebSocket from "ws";
import { answerWith } from "./child.ts";
import { attachUrl, type Drained, drainWithClient, type Feed } from "./drain.ts";

/** One side of the throughput, in a process of its own: its first argument says which. */
export interface DrainedWithCpu extends Drained {
  /** Milliseconds of processor time of the process. */
  readonly cpu: number;
}

const drain = process.argv[2] === "client" ? drainWithClient : drainBare;

answerWith(async (feed: Feed): Promise<DrainedWithCpu> => {
  const before = process.cpuUsage();
  const drained = await drain(feed);
  const { user, system } = process.cpuUsage(before);
  return { ...drained, cpu: (user + system) / 1_000 };
});

/** By the events of `ws` itself, which cost less than the standard ones. */
function drainBare({ url, mebibytes, frameBytes }: Feed): Promise<Drained> {
  const start = performance.now();
  const socket = new WebSocket(attachUrl(url, `feed_${mebibytes}_${frameBytes}`), {
    perMessageDeflate: false,
  });
  let bytes = 0;
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) bytes += data.length - 1;
      else resolve({ time: performance.now() - start, bytes });
    });
  });
}
