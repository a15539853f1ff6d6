import type { Writable } from "node:stream";

/** One direction of a connection: bytes go in now and come out at a socket, in order, perhaps later. */
export interface Line {
  /** Takes bytes. False: it holds enough for now; `onReady` is called when there is room again. */
  push(bytes: Uint8Array): boolean;
  /** Calls `then` once all that was pushed before has been handed to the socket. */
  finish(then: () => void): void;
  /** Makes what is pushed from now on late by so many milliseconds. Order is kept. */
  delay(latency: number): void;
  /** Forgets all that the socket does not have yet, and ends the timer. */
  drop(): void;
}

export interface LineOptions {
  /** Milliseconds. */
  readonly latency: number;
  /** Bytes per second; `Infinity`: no limit. */
  readonly bandwidth: number;
  readonly onReady: () => void;
}

/**
 * Bytes on their way in a delayed line before it asks for a pause: as on a real path, a window limits the
 * rate.
 */
const WINDOW = 1_048_576;

/**
 * A limited rate is served in portions of this many milliseconds: fine enough to look steady, coarse enough
 * to be cheap.
 */
const PORTION = 20;

export function createLine(socket: Writable, options: LineOptions): Line {
  const delayed = options.latency > 0 || options.bandwidth !== Number.POSITIVE_INFINITY;
  let line = delayed ? createDelayedLine(socket, options) : undefined;
  // As long as nothing is ever late, bytes go straight to the socket.
  let direct = line === undefined ? createDirectLine(socket, options) : undefined;
  let dropped = false;
  return {
    push: (bytes) => (line ?? direct)?.push(bytes) ?? true,
    finish: (then) => (line ?? direct)?.finish(then),
    delay(latency) {
      if (dropped) return;
      if (line !== undefined) line.delay(latency);
      else if (latency > 0) {
        direct?.drop();
        direct = undefined;
        line = createDelayedLine(socket, { ...options, latency });
      }
    },
    drop() {
      dropped = true;
      (line ?? direct)?.drop();
    },
  };
}

function createDirectLine(socket: Writable, options: LineOptions): Omit<Line, "delay"> {
  let dropped = false;
  socket.on("drain", options.onReady);
  return {
    push(bytes) {
      // The other end may be gone already; its bytes are then lost, as on any connection.
      return dropped || !socket.writable || socket.write(bytes);
    },
    finish(then) {
      if (!dropped) then();
    },
    drop() {
      dropped = true;
      socket.off("drain", options.onReady);
    },
  };
}

type Item = { readonly due: number } & ({ bytes: Uint8Array } | { readonly then: () => void });

function createDelayedLine(socket: Writable, options: LineOptions): Line {
  const { bandwidth, onReady } = options;
  const items: Item[] = [];
  let { latency } = options;
  let waiting = 0;
  // A line that took over from a direct one may have a pusher that waits already.
  let full = socket.writableNeedDrain;
  let dropped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When the rate allows the next byte. */
  let free = 0;
  const portion = Math.max(1, Math.floor((bandwidth * PORTION) / 1000));

  socket.on("drain", move);

  /** Hands over all that is due, then sets the timer for what is not. */
  function move(): void {
    clearTimeout(timer);
    timer = undefined;
    for (let item = items[0]; item && !dropped; item = items[0]) {
      const now = performance.now();
      const at = "bytes" in item ? Math.max(item.due, free) : item.due;
      if (at > now) {
        timer = setTimeout(move, Math.ceil(at - now));
        break;
      }
      if (!("bytes" in item)) {
        items.shift();
        item.then();
        continue;
      }
      if (socket.writableNeedDrain) break;
      const bytes = item.bytes.subarray(0, portion);
      if (bytes.length === item.bytes.length) items.shift();
      else item.bytes = item.bytes.subarray(bytes.length);
      waiting -= bytes.length;
      free = Math.max(free, now) + (bytes.length * 1000) / bandwidth;
      if (socket.writable) socket.write(bytes);
    }
    if (full && waiting < WINDOW / 2 && !dropped) {
      full = false;
      onReady();
    }
  }

  function add(item: Item): void {
    items.push(item);
    if (timer === undefined && !socket.writableNeedDrain) move();
  }

  return {
    push(bytes) {
      if (dropped) return true;
      waiting += bytes.length;
      if (waiting >= WINDOW) full = true;
      add({ due: performance.now() + latency, bytes });
      return !full;
    },
    finish(then) {
      if (!dropped) add({ due: performance.now() + latency, then });
    },
    delay(next) {
      latency = next;
    },
    drop() {
      dropped = true;
      clearTimeout(timer);
      timer = undefined;
      items.length = 0;
      socket.off("drain", move);
    },
  };
}
