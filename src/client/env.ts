import { InvalidRequestError } from "../errors/index.ts";
import type { BoxLiteOptions } from "./boxlite.ts";

/**
 * The options that the environment gives, under the names of the official SDKs.
 *
 * @param given What need not be looked for.
 * @throws InvalidRequestError if it does not name a server.
 */
export function optionsFromEnv(given: Partial<BoxLiteOptions>): BoxLiteOptions {
  const token = variable("BOXLITE_API_KEY");
  const prefix = variable("BOXLITE_REST_PATH_PREFIX");
  const baseUrl = given.baseUrl ?? variable("BOXLITE_REST_URL");
  if (baseUrl === undefined) {
    throw new InvalidRequestError(
      "invalid_argument",
      "BoxLite.fromEnv(): the variable BOXLITE_REST_URL is not set. Set it to the server's URL, e.g. http://127.0.0.1:8100, " +
        "or use new BoxLite({ baseUrl }).",
    );
  }
  return {
    baseUrl,
    ...(token === undefined ? {} : { token }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}

/** Blank is the same as not set. */
function variable(name: string): string | undefined {
  const value = globalThis.process?.env?.[name]?.trim();
  return value === "" ? undefined : value;
}
