import { InvalidRequestError } from "../errors/index.ts";
import type { BoxLiteOptions } from "./boxlite.ts";

/**
 * The options that the environment gives, under the names of the official SDKs.
 *
 * @param given What need not be looked for.
 * @throws InvalidRequestError if it does not name a server.
 */
export function optionsFromEnv(given: Partial<BoxLiteOptions>): BoxLiteOptions {
  const token = given.token === undefined ? variable("BOXLITE_API_KEY") : undefined;
  const prefix = given.prefix === undefined ? variable("BOXLITE_REST_PATH_PREFIX") : undefined;
  const baseUrl = given.baseUrl ?? variable("BOXLITE_REST_URL");
  if (baseUrl === undefined) {
    throw new InvalidRequestError(
      "invalid_argument",
      "BoxLite.fromEnv(): the variable BOXLITE_REST_URL is not set. Set it to the server's URL, or use new BoxLite({ baseUrl }).",
    );
  }
  return {
    baseUrl,
    ...(token === undefined ? {} : { token }),
    ...(prefix === undefined ? {} : { prefix }),
    // What is given goes before; what is undefined is not given.
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** Blank is the same as not set. */
function variable(name: string): string | undefined {
  let value: string | undefined;
  try {
    value = globalThis.process?.env?.[name]?.trim();
  } catch (cause) {
    throw new InvalidRequestError(
      "invalid_argument",
      `BoxLite.fromEnv(): the variable ${name} cannot be read. On Deno it takes --allow-env.`,
      { cause },
    );
  }
  return value === "" ? undefined : value;
}
