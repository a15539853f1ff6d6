import * as v from "valibot";
import { type HttpAnswer, quote } from "../errors/http-answer.ts";
import { type BoxLiteErrorDetails, InvalidResponseError, SchemaError } from "../errors/index.ts";
import { readLimited } from "./limited-text.ts";
import { observed } from "./observed.ts";

/** Bytes of a body that are read at most. A failure's is cut there, a success cannot be cut. */
const MAX_FAILURE = 1024 * 1024;
const MAX_SUCCESS = 16 * 1024 * 1024;

/**
 * @param asked For messages, with the operation's name.
 * @param failed What a body that does not come whole is to be called.
 * @param signal Lets go of it.
 * @throws InvalidResponseError for a success that is larger than any answer of the API.
 */
export async function readText(
  response: Response,
  { asked, operation }: Pick<HttpAnswer, "asked" | "operation">,
  failed: (error: unknown) => unknown,
  signal?: AbortSignal,
): Promise<string> {
  if (response.body === null) return "";
  const limit = response.ok ? MAX_SUCCESS : MAX_FAILURE;
  const body = observed(response.body, { failed }, signal);
  const { text, whole } = await readLimited(body, limit);
  if (whole || !response.ok) return text;
  throw new InvalidResponseError(
    `${asked}: the answer is larger than ${limit / 1024 / 1024} MiB, so it is none of the BoxLite API's. Check baseUrl.`,
    { status: response.status, operation },
  );
}

/**
 * Reads a success as JSON of a shape.
 *
 * @throws SchemaError that names the field which does not fit, InvalidResponseError for what is no JSON.
 */
export function parseAnswer<S extends v.GenericSchema>(schema: S, answer: HttpAnswer): v.InferOutput<S> {
  const result = v.safeParse(schema, parseJson(answer));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "";
  const what = path === "" ? "the answer" : `its field ${path}`;
  const message = `${what} does not fit (${quote(issue.message, answer)})`;
  throw new SchemaError(sentence(answer, message), path, detailsOf(answer));
}

function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    const text = answer.text.trim();
    if (text === "") throw invalid(answer, "the answer is empty");
    throw invalid(answer, `the answer is not JSON: ${JSON.stringify(quote(text, answer))}`);
  }
}

function invalid(answer: HttpAnswer, what: string): InvalidResponseError {
  return new InvalidResponseError(sentence(answer, what), detailsOf(answer));
}

function sentence({ asked, status }: HttpAnswer, what: string): string {
  return `${asked}: the server answered ${status}, but ${what}. Check that baseUrl leads to a BoxLite server.`;
}

function detailsOf({ status, requestId, operation }: HttpAnswer): BoxLiteErrorDetails {
  return { status, requestId, operation };
}
