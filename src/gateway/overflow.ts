import { encodeGatewayFrame } from "./protocol.ts";

/** What comes while a page is full: the newest of it is kept, and of the rest is known how much it was. */
export interface Overflow {
  readonly isEmpty: boolean;
  /** Takes a message, and drops the oldest output for it. Returns false when what may not be dropped is too much. */
  add(data: string | Uint8Array): boolean;
  /** Hands out what the page is to be told of what was dropped, then what was kept. Nothing is left. */
  drain(send: (data: string | Uint8Array) => void): void;
}

/** What a message that waits costs beside its bytes, roughly. */
export const MESSAGE_COST = 512;

/** Only output is dropped: each stream's loss is one number, before what is kept of it. */
const STREAMS = ["stdout", "stderr"] as const;

/** @param limit Bytes that are kept, with 512 more per message; the newest message is, however large. */
export function createOverflow(limit: number): Overflow {
  /** What may not be dropped, and was in the way. */
  let texts: (string | Uint8Array)[] = [];
  let newest: (string | Uint8Array)[] = [];
  let dropped = [0, 0];
  /** Of both, and of what may not be dropped alone. */
  let cost = 0;
  let fixed = 0;

  function drop(data: string | Uint8Array): void {
    const stream = typeof data === "string" ? -1 : (data[0] ?? 0) - 1;
    const before = dropped[stream];
    if (before === undefined) {
      texts.push(data);
      fixed += data.length + MESSAGE_COST;
    } else {
      dropped[stream] = before + data.length - 1;
      cost -= data.length + MESSAGE_COST;
    }
  }

  return {
    get isEmpty() {
      return newest.length === 0;
    },
    add(data) {
      newest.push(data);
      cost += data.length + MESSAGE_COST;
      let oldest = 0;
      for (; cost > limit && oldest < newest.length - 1; oldest += 1) drop(newest[oldest] ?? "");
      newest.splice(0, oldest);
      return fixed <= limit;
    },
    drain(send) {
      for (const [at, stream] of STREAMS.entries()) {
        const bytes = dropped[at] ?? 0;
        if (bytes > 0) send(encodeGatewayFrame({ event: "dropped", stream, bytes }));
      }
      for (const data of texts) send(data);
      for (const data of newest) send(data);
      texts = [];
      newest = [];
      dropped = [0, 0];
      cost = 0;
      fixed = 0;
    },
  };
}
