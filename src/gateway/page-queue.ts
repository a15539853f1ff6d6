import { encodeGatewayFrame } from "./protocol.ts";

/** What waits for a page. */
export interface PageQueue {
  readonly isEmpty: boolean;
  /** Takes a message. Returns false when it is too much, and nothing may be dropped for it. */
  add(data: string | Uint8Array): boolean;
  /** Takes out what is to be sent next: of a loss how much it was, before what follows it. Undefined when it is empty. */
  next(): string | Uint8Array | undefined;
}

/** What a message that waits costs beside its bytes, roughly: the smallest are a few bytes, and objects all the same. */
export const MESSAGE_COST = 512;

/** Only output is dropped. */
const STREAMS = ["stdout", "stderr"] as const;

/**
 * @param limit Bytes, with 512 more per message. The newest message is taken, however large.
 * @param mayDrop Beyond the limit the older half of what waits is dropped, as far as it is output, and the page is told how much.
 */
export function createPageQueue(limit: number, mayDrop: boolean): PageQueue {
  let queue: (string | Uint8Array)[] = [];
  let head = 0;
  let cost = 0;
  const dropped = [0, 0];

  function drop(): void {
    const kept: (string | Uint8Array)[] = [];
    let at = head;
    for (; cost > limit / 2 && at < queue.length - 1; at += 1) {
      const data = queue[at] ?? "";
      const stream = typeof data === "string" ? -1 : (data[0] ?? 0) - 1;
      const before = dropped[stream];
      if (before === undefined) {
        kept.push(data);
      } else {
        dropped[stream] = before + data.length - 1;
        cost -= data.length + MESSAGE_COST;
      }
    }
    queue = kept.concat(queue.slice(at));
    head = 0;
  }

  function loss(): string | undefined {
    const at = dropped.findIndex((bytes) => bytes > 0);
    const stream = STREAMS[at];
    if (stream === undefined) return undefined;
    const bytes = dropped[at] ?? 0;
    dropped[at] = 0;
    return encodeGatewayFrame({ event: "dropped", stream, bytes });
  }

  return {
    get isEmpty() {
      return head === queue.length;
    },
    add(data) {
      queue.push(data);
      cost += data.length + MESSAGE_COST;
      if (cost <= limit) return true;
      if (!mayDrop) return false;
      drop();
      return cost <= limit || queue.length === 1;
    },
    next() {
      const lost = loss();
      if (lost !== undefined) return lost;
      const data = queue[head];
      if (data === undefined) return undefined;
      cost -= data.length + MESSAGE_COST;
      head += 1;
      if (head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      return data;
    },
  };
}
