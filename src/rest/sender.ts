import { errorFromAnswer } from "../errors/decode.ts";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { AuthenticationError, BoxLiteError, NotFoundError, TimeoutError } from "../errors/index.ts";
import { isIdempotent } from "../errors/retryable.ts";
import type { Authorization } from "./authorization.ts";
import { type Call, describeCall, queryOf, specOf } from "./call.ts";
import { withDeadline } from "./deadline.ts";
import { type Exchange, exchange, type Fetch, networkError, readAnswer } from "./exchange.ts";
import { observed, type StreamObserver } from "./observed.ts";
import { pause, type RetryOptions, retryDelay } from "./retry.ts";
import { watchForStall } from "./stall.ts";

const DEFAULT_TIMEOUT = 30_000;
/** Milliseconds that a transfer may stand still: the cloud's proxy gives up then, too, and a server unpacks before it answers. */
const STALL = 300_000;

const NO_BODY: ReadonlySet<number> = new Set([204, 205]);

/** Finds the URL of a call, without its query. */
export type Locate = (signal: AbortSignal) => Promise<string>;

/** Sends calls: finds their URL, authorizes, sends, repeats and reads. Every failure is a BoxLiteError, or what a signal says. */
export interface Sender {
  /** All within the call's time. */
  send(call: Call, roughUrl: string, locate: Locate): Promise<HttpAnswer>;
  /** The answer with its body unread, which ends with the signal, too, or when it stands still. */
  open(call: Call, roughUrl: string, locate: Locate): Promise<Response>;
}

export interface SenderOptions {
  readonly authorization: Authorization;
  readonly fetch: Fetch | undefined;
  readonly retry: RetryOptions;
}

export function createSender(options: SenderOptions): Sender {
  const { authorization, retry } = options;

  /** What a call is answered with, in the end. */
  async function perform<T>(
    call: Call,
    locate: Locate,
    signal: AbortSignal,
    read: (request: Exchange, response: Response) => Promise<T>,
    located: (url: string) => void = () => {},
  ): Promise<T | undefined> {
    const url = (await locate(signal)) + queryOf(call);
    located(url);
    const key = specOf(call).keyed ? newKey() : undefined;
    let mayBeDone = false;
    for (let attempt = 1; ; attempt += 1) {
      const request = { call, url, key, fetch: options.fetch, signal, token: await authorization.token() };
      try {
        return await once(request, read);
      } catch (error) {
        signal.throwIfAborted();
        // What was to go is gone: by the request whose answer was lost.
        if (mayBeDone && error instanceof NotFoundError && specOf(call).method === "DELETE") return undefined;
        const delay = await delayBefore(call, error, attempt);
        if (delay === undefined) throw error;
        mayBeDone ||= !(error instanceof BoxLiteError && error.status === 429);
        await pause(delay, signal);
      }
    }
  }

  /** Milliseconds, or undefined where it is not repeated. */
  async function delayBefore(call: Call, error: unknown, attempt: number): Promise<number | undefined> {
    if (call.retry === false || call.body?.repeatable === false || !(error instanceof BoxLiteError)) {
      return undefined;
    }
    const delay = retryDelay(error, attempt, retry, Math.random());
    if (delay === undefined) return undefined;
    const go = await retry.onRetry?.({ operation: call.operation, attempt, delay, error });
    return go === false ? undefined : delay;
  }

  /** One request, or two: after a 401 with another token. It was refused, so nothing has happened yet, whatever it is. */
  async function once<T>(
    request: Exchange,
    read: (request: Exchange, response: Response) => Promise<T>,
  ): Promise<T> {
    try {
      return await answered(request, read);
    } catch (error) {
      const refused = error instanceof AuthenticationError && error.status === 401;
      if (!refused || request.call.body?.repeatable === false) throw error;
      const token = await authorization.renewed(request.token);
      if (token === request.token) throw error;
      return answered({ ...request, token }, read);
    }
  }

  return {
    send(call, roughUrl, locate) {
      const timeout = call.timeout ?? specOf(call).timeout ?? DEFAULT_TIMEOUT;
      let asked = describeCall(call, roughUrl);
      const timedOut = () =>
        new TimeoutError(
          "timeout",
          `${asked}: no answer within ${timeout / 1000} s. The server may be overloaded; what was asked may still have happened.`,
          { operation: call.operation, retryable: isIdempotent(specOf(call).method) },
        );
      return withDeadline(timeout, call.signal, timedOut, async (signal) => {
        const answer = await perform(call, locate, signal, readAnswer, (url) => {
          asked = describeCall(call, url);
        });
        return answer ?? { asked, operation: call.operation, status: 204, text: "", contentType: "" };
      });
    },

    async open(call, roughUrl, locate) {
      call.signal?.throwIfAborted();
      const controller = new AbortController();
      const stop = () => controller.abort(call.signal?.reason);
      call.signal?.addEventListener("abort", stop, { once: true });
      const watch = watchForStall(STALL, () =>
        controller.abort(
          new TimeoutError(
            "timeout",
            `${describeCall(call, roughUrl)}: nothing has moved for ${STALL / 1000} s.`,
            {
              operation: call.operation,
            },
          ),
        ),
      );
      const { signal } = controller;
      const { moved } = watch;
      const ended = () => {
        watch.end();
        call.signal?.removeEventListener("abort", stop);
      };
      let spoilt: { readonly error: unknown } | undefined;
      const source = {
        moved,
        ended() {},
        failed(error: unknown) {
          spoilt = { error };
          return error;
        },
      };
      const sending = new AbortController();
      try {
        const sent = watchedCall(call, source, sending.signal);
        const response = await perform(sent, locate, signal, async (request, answer) => {
          const failed = (error: unknown) => (signal.aborted ? signal.reason : networkError(request, error));
          const { status, headers } = answer;
          // Browsers have a body there, which no answer of ours may be made with.
          const body = NO_BODY.has(status) ? null : answer.body;
          if (body === null) ended();
          const stream = body && observed(body, { moved, ended, failed }, signal);
          return new Response(stream, { status, headers });
        });
        return response ?? new Response(null, { status: 204 });
      } catch (error) {
        ended();
        // The connection breaks when its source does: what the source says is why.
        throw spoilt === undefined ? error : spoilt.error;
      } finally {
        // An answer may come before all is sent: nobody wants the rest.
        sending.abort(signal.reason);
      }
    },
  };
}

/** @throws BoxLiteError for every answer that is not a 2xx, and for none. */
async function answered<T>(
  request: Exchange,
  read: (request: Exchange, response: Response) => Promise<T>,
): Promise<T> {
  const response = await exchange(request);
  if (response.ok) return read(request, response);
  throw errorFromAnswer(await readAnswer(request, response), Date.now());
}

/** The call, with an eye on its body. */
function watchedCall(call: Call, source: StreamObserver, stop: AbortSignal): Call {
  const { body } = call;
  if (body === undefined) return call;
  return {
    ...call,
    body: {
      ...body,
      create() {
        const made = body.create();
        // A Blob is sent by the platform, which tells nothing of it.
        if (!(made instanceof ReadableStream)) return made;
        return observed(made, source, stop);
      },
    },
  };
}

/** A UUID. Pages that are not served over HTTPS have no `randomUUID`. */
function newKey(): string {
  if (globalThis.crypto.randomUUID !== undefined) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
