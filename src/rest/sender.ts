import { errorFromAnswer } from "../errors/decode.ts";
import type { HttpAnswer } from "../errors/http-answer.ts";
import { AuthenticationError, BoxLiteError, NotFoundError, TimeoutError } from "../errors/index.ts";
import { isIdempotent } from "../errors/retryable.ts";
import type { Authorization } from "./authorization.ts";
import { isRepeatable } from "./body.ts";
import { type Call, describeCall, queryOf, specOf } from "./call.ts";
import { withDeadline } from "./deadline.ts";
import { type Exchange, exchange, type Fetch, readAnswer } from "./exchange.ts";
import { pause, type RetryOptions, retryDelay } from "./retry.ts";
import { transfer, watchedResponse } from "./transfer.ts";

const DEFAULT_TIMEOUT = 30_000;

/** Finds the URL of a call, without its query. */
export type Locate = (signal: AbortSignal) => Promise<string>;

/** Sends calls: finds their URL, authorizes, sends, repeats and reads. Every failure is a BoxLiteError, or what a signal says. */
export interface Sender {
  /** All within the call's time. */
  send(call: Call, roughUrl: string, locate: Locate): Promise<HttpAnswer>;
  /** A call with a body of any size, which may take as long as it likes but not stand still. */
  upload(call: Call, roughUrl: string, locate: Locate): Promise<HttpAnswer>;
  /** The answer with its body unread, which ends with the signal, too, or when it stands still. */
  open(call: Call, roughUrl: string, locate: Locate): Promise<Response>;
}

export interface SenderOptions {
  readonly authorization: Authorization;
  readonly fetch: Fetch | undefined;
  readonly retry: RetryOptions;
}

/** A call under way. */
interface Performance<T> extends Pick<Exchange, "call" | "signal" | "body"> {
  readonly locate: Locate;
  readonly read: (request: Exchange, response: Response) => Promise<T>;
  /** Told of the URL once it is known. */
  readonly located?: (url: string) => void;
  /** What stands for the answer when the thing to be removed is gone: the request whose answer was lost has done it. */
  readonly gone?: () => T;
  /** When its time is up, by `performance.now()`. Default: never. */
  readonly end?: number;
}

export function createSender(options: SenderOptions): Sender {
  const { authorization, retry } = options;

  /** What a call is answered with, in the end. */
  async function perform<T>(performed: Performance<T>): Promise<T> {
    const { call, locate, signal, body, read } = performed;
    const url = (await locate(signal)) + queryOf(call);
    performed.located?.(url);
    const key = specOf(call).keyed ? newKey() : undefined;
    let mayBeDone = false;
    for (let attempt = 1; ; attempt += 1) {
      const token = await authorization.token();
      const request = { call, url, key, fetch: options.fetch, signal, body, token };
      try {
        return await once(request, read);
      } catch (error) {
        signal.throwIfAborted();
        if (mayBeDone && error instanceof NotFoundError && performed.gone) return performed.gone();
        const delay = await delayBefore(performed, error, attempt);
        if (delay === undefined) throw error;
        mayBeDone ||= !hasDoneNothing(error);
        await pause(delay, signal);
      }
    }
  }

  /** Milliseconds, or undefined where it is not repeated. */
  async function delayBefore(
    { call, end = Number.POSITIVE_INFINITY }: Performance<unknown>,
    error: unknown,
    attempt: number,
  ): Promise<number | undefined> {
    if (call.retry === false || !isRepeatable(call.body) || !(error instanceof BoxLiteError))
      return undefined;
    const delay = retryDelay(error, attempt, retry, Math.random());
    // What the server said is of more use than that the time was up while it was waited for.
    if (delay === undefined || performance.now() + delay >= end) return undefined;
    const go = await retry.onRetry?.({ operation: call.operation, attempt, delay, error });
    return go === false ? undefined : delay;
  }

  /** One request, or two: after a 401 with another token. It was refused, so nothing has happened yet, whatever it is. */
  async function once<T>(request: Exchange, read: Performance<T>["read"]): Promise<T> {
    try {
      return await answered(request, read);
    } catch (error) {
      const refused = error instanceof AuthenticationError && error.status === 401;
      if (!refused || !isRepeatable(request.call.body)) throw error;
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
      const located = (url: string) => {
        asked = describeCall(call, url);
      };
      const end = performance.now() + timeout;
      const gone = () => ({ asked, operation: call.operation, status: 204, text: "", contentType: "" });
      return withDeadline(timeout, call.signal, timedOut, (signal) =>
        perform({
          ...{ call, locate, signal, body: undefined, read: readAnswer, located, end },
          ...(specOf(call).method === "DELETE" ? { gone } : {}),
        }),
      );
    },

    upload(call, roughUrl, locate) {
      return transfer(call, roughUrl, async (under) => {
        const answer = await perform({ ...under, locate, read: readAnswer });
        under.ended();
        return answer;
      });
    },

    open(call, roughUrl, locate) {
      return transfer(call, roughUrl, async (under) => {
        const read = async (request: Exchange, answer: Response) => watchedResponse(under, request, answer);
        return perform({ ...under, locate, read });
      });
    },
  };
}

/** @throws BoxLiteError for every answer that is not a 2xx, and for none. */
async function answered<T>(request: Exchange, read: Performance<T>["read"]): Promise<T> {
  const response = await exchange(request);
  if (response.ok) return read(request, response);
  throw errorFromAnswer(await readAnswer(request, response), Date.now());
}

/** Whether a failure says that nothing was done. */
function hasDoneNothing(error: unknown): boolean {
  if (!(error instanceof BoxLiteError)) return false;
  return error.status === 429 || (error.status === 503 && error.retryAfter !== undefined);
}

/** A UUID. Pages that are not served over HTTPS have no `randomUUID`. */
function newKey(): string {
  if (globalThis.crypto.randomUUID !== undefined) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
