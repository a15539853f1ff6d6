import { AuthenticationError, InvalidRequestError } from "../errors/index.ts";

/**
 * A bearer token, or what gives one. A function is asked when a token is first needed, once more when the server answers 401, and
 * when the token is about to end, if `/v1/me` says when that is. Calls that need one at the same time share one answer.
 */
export type Token = string | (() => string | Promise<string>);

/** The credential, kept in a closure: nothing that is printed or serialised leads to it. */
export interface Authorization {
  /** The token to use now; undefined: none. */
  token(): Promise<string | undefined>;
  /** The one to use after the server has refused `refused`; the same where there is no other. */
  renewed(refused: string | undefined): Promise<string | undefined>;
  /** Until when a token is good, in milliseconds since the epoch, as its principal says. */
  endsAt(token: string | undefined, time: number): void;
}

/** Milliseconds before its end from which on a token is replaced: the clocks of two machines differ. */
const LEEWAY = 60_000;

/**
 * What gives a token whenever it is asked.
 *
 * @throws InvalidRequestError for a token that no header can carry; the message does not repeat it.
 */
export function createCredential(token: Token | undefined): () => Promise<string | undefined> {
  if (typeof token === "function") return () => ask(token);
  const checked = token === undefined ? undefined : checkToken(token);
  return async () => checked;
}

/**
 * @param replaced Called with a token that took the place of one that had an end: it will have one, too.
 * @throws InvalidRequestError as `createCredential` does.
 */
export function createAuthorization(
  token: Token | undefined,
  replaced: () => void = () => {},
): Authorization {
  if (typeof token === "function") return askedFor(token, replaced);
  const credential = createCredential(token);
  return { token: credential, renewed: credential, endsAt() {} };
}

function askedFor(give: () => string | Promise<string>, replaced: () => void): Authorization {
  let current: string | undefined;
  let end = Number.POSITIVE_INFINITY;
  let asking: Promise<string> | undefined;

  function renew(): Promise<string> {
    asking ??= ask(give).then(
      (token) => {
        asking = undefined;
        const ended = current !== token && end !== Number.POSITIVE_INFINITY;
        if (current !== token) end = Number.POSITIVE_INFINITY;
        current = token;
        if (ended) replaced();
        return token;
      },
      (error: unknown) => {
        asking = undefined;
        throw error;
      },
    );
    return asking;
  }

  return {
    token: async () => (current !== undefined && Date.now() < end - LEEWAY ? current : renew()),
    // Another call may have replaced it already.
    renewed: async (refused) => (current !== undefined && refused !== current ? current : renew()),
    endsAt(token, time) {
      if (token === current) end = time;
    },
  };
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The token in such headers. */
export function tokenOf({ authorization }: Readonly<Record<string, string>>): string | undefined {
  return authorization?.replace(/^Bearer /, "");
}

async function ask(give: () => string | Promise<string>): Promise<string> {
  let token: string;
  try {
    token = await give();
  } catch (cause) {
    throw new AuthenticationError("unauthenticated", "The token function of new BoxLite({ token }) failed.", {
      cause,
    });
  }
  return checkToken(token);
}

/** Checked here because the platform's own error would repeat the value. */
function checkToken(token: string): string {
  if (typeof token !== "string" || token === "") {
    throw new InvalidRequestError(
      "invalid_argument",
      "The token is empty or not a string. Leave it out if the server takes none.",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new InvalidRequestError(
      "invalid_argument",
      "The token contains white space or other characters that a header cannot carry: perhaps a line break at its end.",
    );
  }
  return token;
}
