/** An HTTP answer that the proxy gives in place of the target. */
export interface Answer {
  /** The status code, for example 503. */
  readonly status: number;
  /** Default: empty. Sent as `text/plain; charset=utf-8` unless `headers` has a `content-type`. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A place in what the server sends on one attach connection. It is reached as soon as that much has been
 * passed on, without waiting for what follows; a place that the connection never reaches does nothing.
 */
export type Place =
  /**
   * So many bytes of output: the payload of binary messages without their channel byte, stdout and stderr
   * together. The place may lie inside a frame. Then the bytes before it are on the wire and the frame stays
   * incomplete. 0 is `afterOpen`.
   */
  | { readonly afterBytes: number }
  /**
   * So many messages, binary and text. A message in several fragments counts once, pings and the like don't
   * count. 0 is `afterOpen`.
   */
  | { readonly afterFrames: number }
  /** Before the first byte of the text message `{"type":"exit", ...}`. */
  | { readonly beforeExit: true }
  /** After the `101` answer and before everything else. */
  | { readonly afterOpen: true }
  /**
   * The target has accepted the upgrade (and so holds the slot of the execution), but the client doesn't get
   * to know.
   */
  | { readonly beforeOpen: true };

/**
 * How a connection is severed.
 * - `"fin"`: TCP ends in good order but without a WebSocket close frame (close code 1006 for the client).
 * - `"rst"`: TCP is reset. The proxy has handed the bytes before the place to TCP by then, but TCP may drop
 *   those that the client's system has not taken in yet. (A client on Node sees a reset that comes together
 *   with bytes as an end.)
 * - `{ close }`: a WebSocket close frame with this code, then the end of TCP. A message that is cut in two by
 *   the place is left unfinished: what comes before the place is a fragment of it, which a close frame can
 *   follow as it could not follow half a frame. Before the open, it is `"fin"`.
 */
export type CutKind = "fin" | "rst" | { readonly close: number };

/** Where and how a connection is severed. */
export type Cut = Place & { readonly how: CutKind };

/** What happens to one attach connection. Faults can be combined. Without any, bytes pass unchanged. */
export interface AttachFaults {
  /** The upgrade is answered like this; the target never sees it. No other fault applies then. */
  readonly refuse?: Answer;
  /**
   * Milliseconds by which everything is late, in each direction, the answer to the upgrade included. Order
   * is kept. Default: 0.
   */
  readonly latency?: number;
  /** Bytes per second from the server to the client, frame headers included. Default: no limit. */
  readonly bandwidth?: number;
  /**
   * Messages from the server arrive in fragments of at most so many payload bytes. Default: as the server
   * sent them.
   */
  readonly splitFrames?: number;
  /**
   * Where the connection is severed. The client first gets all that comes before the place, however slowly it
   * reads; the connection to the target is destroyed at once.
   */
  readonly cut?: Cut;
  /**
   * From here on nothing passes in either direction, while the client's connection stays open: what arrives
   * is discarded, and the end of the server's connection is not passed on either. When the client gives up,
   * the connection to the target is destroyed. (With `{ beforeExit: true }`: an exit that never comes.)
   */
  readonly silence?: Place;
  /** The exit message is left out. All the rest passes, the close frame included. Default: false. */
  readonly swallowExit?: boolean;
}

/** What a plan gets to know of an attach. */
export interface Attach {
  /** 0 for the first upgrade that the proxy has seen, refused ones included. */
  readonly index: number;
  /** The path and query that the client asked for. */
  readonly path: string;
}

/** Decides what happens to an attach. `undefined` or `{}`: nothing. What it throws is not caught. */
export type FaultPlan = (attach: Attach) => AttachFaults | undefined;

/** What a request plan gets to know of a plain HTTP request. */
export interface PlainRequest {
  /** 0 for the first plain request that the proxy has seen. */
  readonly index: number;
  readonly method: string;
  /** The path and query that the client asked for. */
  readonly path: string;
}

/**
 * What happens to one plain HTTP request, instead of passing it on: it is answered by the proxy, its
 * connection is reset (`"reset"`), or it is never answered (`"silence"`).
 */
export type RequestFault = Answer | "reset" | "silence";

/**
 * Decides what happens to a plain HTTP request. `undefined`: it is passed on. What it throws is not caught.
 */
export type RequestPlan = (request: PlainRequest) => RequestFault | undefined;

/** What a {@link Place} that has been reached asks for. */
export type Stop = { readonly cut: CutKind } | "silence";

/** A number of something (bytes, messages) after which a stop is due; `Infinity` without one. */
export interface Limit {
  readonly at: number;
  readonly stop: Stop | undefined;
}

/**
 * The nearer one of the places where `faults` ask for a stop, by what `measure` makes of a place. A cut wins
 * a tie.
 */
function nearest(faults: AttachFaults, measure: (place: Place) => number | undefined): Limit {
  const cutAt = (faults.cut && measure(faults.cut)) ?? Number.POSITIVE_INFINITY;
  const silenceAt = (faults.silence && measure(faults.silence)) ?? Number.POSITIVE_INFINITY;
  if (faults.cut && cutAt <= silenceAt && cutAt !== Number.POSITIVE_INFINITY) {
    return { at: cutAt, stop: { cut: faults.cut.how } };
  }
  return { at: silenceAt, stop: silenceAt === Number.POSITIVE_INFINITY ? undefined : "silence" };
}

export function byteLimit(faults: AttachFaults): Limit {
  return nearest(faults, (place) => ("afterBytes" in place ? place.afterBytes : undefined));
}

export function frameLimit(faults: AttachFaults): Limit {
  return nearest(faults, (place) => ("afterFrames" in place ? place.afterFrames : undefined));
}

export function stopBeforeExit(faults: AttachFaults): Stop | undefined {
  return nearest(faults, (place) => ("beforeExit" in place ? 0 : undefined)).stop;
}

export function stopBeforeOpen(faults: AttachFaults): Stop | undefined {
  return nearest(faults, (place) => ("beforeOpen" in place ? 0 : undefined)).stop;
}

export function stopAfterOpen(faults: AttachFaults): Stop | undefined {
  return nearest(faults, (place) => {
    if ("afterBytes" in place) return place.afterBytes === 0 ? 0 : undefined;
    if ("afterFrames" in place) return place.afterFrames === 0 ? 0 : undefined;
    return "afterOpen" in place ? 0 : undefined;
  }).stop;
}

/** True when the frames from the server have to be looked into and perhaps changed. */
export function needsEditing(faults: AttachFaults): boolean {
  return (
    faults.splitFrames !== undefined ||
    faults.swallowExit === true ||
    byteLimit(faults).stop !== undefined ||
    frameLimit(faults).stop !== undefined ||
    stopBeforeExit(faults) !== undefined
  );
}

/** Throws a `RangeError` that names the first value that makes no sense. */
export function checkFaults(faults: AttachFaults): void {
  const { latency = 0, bandwidth = 1, splitFrames = 1, cut, silence } = faults;
  if (!(latency >= 0)) throw outOfRange("latency", "0 or more milliseconds", latency);
  if (!(bandwidth > 0)) throw outOfRange("bandwidth", "more than 0 bytes per second", bandwidth);
  if (!(splitFrames >= 1)) throw outOfRange("splitFrames", "1 byte or more", splitFrames);
  for (const place of [cut, silence]) {
    if (!place) continue;
    const count = "afterBytes" in place ? place.afterBytes : "afterFrames" in place ? place.afterFrames : 0;
    if (!(count >= 0)) throw outOfRange("a place", "0 or more bytes or frames", count);
  }
  if (cut && typeof cut.how === "object" && !(cut.how.close >= 0 && cut.how.close <= 0xffff)) {
    throw outOfRange("a close code", "between 0 and 65535", cut.how.close);
  }
}

function outOfRange(name: string, rule: string, value: number): RangeError {
  return new RangeError(`Fault proxy: ${name} must be ${rule}; the plan returned ${value}.`);
}
