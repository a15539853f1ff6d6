import { orAborted } from "./deadline.ts";

/** Which tenant's part of the server to talk to. */
export interface Routing {
  prefix(signal: AbortSignal | undefined): Promise<string | null>;
}

/** A prefix that the user gave: nothing is asked. */
export function fixedRouting(prefix: string | null): Routing {
  return { prefix: async () => prefix };
}

/**
 * A prefix that the server is asked for, when it is first needed. Callers share one request and its answer is kept; a
 * failure is not. The request is given up when nobody waits for it any more.
 */
export function discoveredRouting(discover: (signal: AbortSignal) => Promise<string | null>): Routing {
  let known: { readonly prefix: string | null } | undefined;
  let pending: { readonly answer: Promise<string | null>; readonly controller: AbortController } | undefined;
  let waiting = 0;

  function start(): NonNullable<typeof pending> {
    const controller = new AbortController();
    const answer = discover(controller.signal);
    const request = { answer, controller };
    const settled = () => {
      if (pending === request) pending = undefined;
    };
    answer.then((prefix) => {
      known = { prefix };
      settled();
    }, settled);
    return request;
  }

  return {
    async prefix(signal) {
      if (known !== undefined) return known.prefix;
      pending ??= start();
      const request = pending;
      waiting += 1;
      try {
        return await orAborted(request.answer, signal);
      } finally {
        waiting -= 1;
        if (waiting === 0 && pending === request) {
          pending = undefined;
          request.controller.abort();
        }
      }
    },
  };
}
