/** Sends frames on to a page, as few as is good for it. */
export interface Joiner {
  send(data: string | Uint8Array): void;
  /** Sends what waits, now. */
  flush(): void;
  /** Nothing is sent any more. */
  stop(): void;
}

/** The socket that is sent to. */
export interface JoinerSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
}

/** Bytes of output in a joined frame, at most. */
const JOINED_BYTES = 65_536;
/** A page that has this much to take is busy: what comes now may wait for more. */
const BUSY_BYTES = 64 * 1024;
/** Bytes per millisecond of a flood: a page is as busy with it, though the network takes it all. */
const FLOOD_PACE = 4_096;
/** Bytes that come at once before it is one. */
const FLOOD_BYTES = 16_384;
/** For so long what comes may wait then, in milliseconds. */
const BUSY_WAIT = 5;

/**
 * Joins frames of one stream. Servers send chunks of 1 KiB, and a browser spends about as long on one of those as on one of
 * 4 KiB, and a third of what it spends on 32 KiB: a flood is taken ten times as fast. What comes alone is sent at
 * once, in the order it came. So is the first frame of each stream: the client knows a whole backlog by its length (SPEC.md, S4).
 */
export function createJoiner(socket: JoinerSocket, now = () => performance.now()): Joiner {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  /** The channels whose first frame is sent. */
  const begun = new Set<number>();
  let scheduled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** A bucket that leaks: what was sent lately, in bytes. */
  let lately = 0;
  let countedAt = 0;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const frames = waiting;
    waiting = [];
    const [first] = frames;
    if (first === undefined) return;
    lately = Math.min(lately + bytes, 2 * FLOOD_BYTES);
    if (frames.length === 1) {
      socket.send(first);
      return;
    }
    const whole = new Uint8Array(1 + bytes);
    whole.set(first);
    let at = first.length;
    for (const frame of frames.slice(1)) {
      whole.set(frame.subarray(1), at);
      at += frame.length - 1;
    }
    socket.send(whole);
  }

  /** All that came in this turn of the event loop is here. */
  function consider(): void {
    scheduled = false;
    if (waiting.length === 0) return;
    const time = now();
    lately = Math.max(0, lately - (time - countedAt) * FLOOD_PACE);
    countedAt = time;
    if (socket.bufferedAmount < BUSY_BYTES && lately < FLOOD_BYTES) flush();
    else timer ??= setTimeout(flush, BUSY_WAIT);
  }

  return {
    send(data) {
      const channel = typeof data === "string" ? undefined : data[0];
      const payload = data.length - 1;
      if (
        typeof data === "string" ||
        channel === undefined ||
        payload === 0 ||
        payload > JOINED_BYTES ||
        !begun.has(channel)
      ) {
        flush();
        socket.send(data);
        if (channel !== undefined && payload > 0) begun.add(channel);
        return;
      }
      if (waiting[0]?.[0] !== channel || bytes + payload > JOINED_BYTES) flush();
      if (waiting.length === 0) bytes = 0;
      waiting.push(data);
      bytes += payload;
      if (scheduled || timer !== undefined) return;
      scheduled = true;
      queueMicrotask(consider);
    },
    flush,
    stop() {
      waiting = [];
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
