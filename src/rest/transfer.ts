import { TimeoutError } from "../errors/index.ts";
import { packsStreams } from "./body.ts";
import { type Call, describeCall } from "./call.ts";
import { controllerBehind, orAborted } from "./deadline.ts";
import { brokenOff, type Exchange } from "./exchange.ts";
import { observed, type StreamObserver } from "./observed.ts";
import { type StallWatch, watchForStall } from "./stall.ts";

/** Milliseconds that a transfer may stand still: the cloud's proxy gives up then, too, and a server unpacks before it answers. */
const STALL = 300_000;

const NO_BODY: ReadonlySet<number> = new Set([204, 205]);

/** A call under way whose bodies may be of any size. */
export interface Transfer extends Pick<Exchange, "call" | "signal" | "body"> {
  readonly watch: StallWatch;
  /** To be called when nothing of it is left. */
  ended(): void;
}

/** Does `work` until it is done, stands still or the call's signal aborts. What was being sent is let go at its end. */
export async function transfer<T>(
  call: Call,
  roughUrl: string,
  work: (under: Transfer) => Promise<T>,
): Promise<T> {
  const { controller, release } = controllerBehind(call.signal);
  const { signal } = controller;
  const watch = watchForStall(STALL, () => controller.abort(stalled(call, roughUrl)));
  const ended = () => {
    watch.end();
    release();
  };
  // An answer may come before all is sent: nobody wants the rest.
  const sending = new AbortController();
  let spoilt: { readonly error: unknown } | undefined;
  const remember = (error: unknown) => {
    spoilt ??= { error };
    // Else it would look like a lost connection, and be repeated.
    controller.abort(error);
    return error;
  };
  const sent = (source: ReadableStream<Uint8Array>) =>
    observed(source, sendingObserver(call, watch, remember), sending.signal);
  try {
    signal.throwIfAborted();
    watch.waiting();
    const packed = await orAborted(packStream(call, sent), signal);
    return await orAborted(
      work({ call: packed, signal, watch, ended, body: bodyOf(packed, watch, sent) }),
      signal,
    );
  } catch (error) {
    ended();
    // The connection breaks when its source does: what the source says is why.
    throw spoilt === undefined ? error : spoilt.error;
  } finally {
    sending.abort(signal.reason);
  }
}

/** The answer of a transfer, which goes on until its body is read. */
export function watchedResponse(under: Transfer, request: Exchange, answer: Response): Response {
  const { signal, watch, ended } = under;
  const { status, headers } = answer;
  watch.resting();
  // Browsers have a body there, which no answer of ours may be made with.
  const body = NO_BODY.has(status) ? null : answer.body;
  if (body === null) ended();
  const failed = (error: unknown) => (signal.aborted ? signal.reason : brokenOff(request, error));
  // A reader that takes its time is no reason to end it: only what it asks for has to come.
  const observer = { waiting: watch.waiting, moved: watch.resting, ended, failed };
  return new Response(body && observed(body, observer, signal), { status, headers });
}

type Pass = (source: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/** The call with a body that can be sent where this runs. */
async function packStream(call: Call, sent: Pass): Promise<Call> {
  const { body } = call;
  if (!(body?.source instanceof ReadableStream) || !packsStreams()) return call;
  const source = await new Response(sent(body.source)).blob();
  // It was told of the packing.
  return { ...call, body: { type: body.type, source } };
}

function bodyOf({ body }: Call, watch: StallWatch, sent: Pass): Exchange["body"] {
  if (body === undefined) return undefined;
  return () => {
    if (body.source instanceof ReadableStream) return sent(body.source);
    if (!packsStreams()) return sent(body.source.stream());
    // It is sent by the platform, which tells nothing of it until there is an answer.
    watch.resting();
    body.onSent?.(body.source.size);
    return body.source;
  };
}

function sendingObserver(
  { body }: Call,
  watch: StallWatch,
  remember: (error: unknown) => unknown,
): StreamObserver {
  let bytes = 0;
  return {
    moved(length) {
      watch.waiting();
      bytes += length;
      try {
        body?.onSent?.(bytes);
      } catch (error) {
        throw remember(error);
      }
    },
    failed: remember,
  };
}

function stalled(call: Call, roughUrl: string): TimeoutError {
  return new TimeoutError(
    "timeout",
    `${describeCall(call, roughUrl)}: nothing has moved for ${STALL / 1000} s.`,
    { operation: call.operation },
  );
}
