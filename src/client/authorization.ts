import { AuthenticationError, InvalidRequestError } from "../errors/index.ts";

/** A bearer token, or what gives one: it is asked for each request, and once more after a 401. */
export type Token = string | (() => string | Promise<string>);

/** The credential, kept in a closure: nothing that is printed or serialised leads to it. */
export interface Authorization {
  /** Whether asking again may give another token. */
  readonly renewable: boolean;
  /** The token to use now; undefined: none. */
  token(): Promise<string | undefined>;
}

/** @throws InvalidRequestError for a token that no header can carry; the message does not repeat it. */
export function createAuthorization(token: Token | undefined): Authorization {
  if (typeof token === "function") {
    return { renewable: true, token: async () => checkToken(await ask(token)) };
  }
  const checked = token === undefined ? undefined : checkToken(token);
  return { renewable: false, token: async () => checked };
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function ask(token: () => string | Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (cause) {
    throw new AuthenticationError("unauthenticated", "The token function of new BoxLite({ token }) failed.", {
      cause,
    });
  }
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
