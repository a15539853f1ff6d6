import type { IncomingMessage } from "node:http";
import type { Dialect } from "./dialect.ts";
import { refuse } from "./refusal.ts";

/** What serve's framework takes at most. */
const BODY_LIMIT = 2 * 1024 * 1024;

/**
 * Reads a JSON body. Only serve insists on the content type.
 *
 * @throws Refusal
 */
export async function readJson(request: IncomingMessage, dialect: Dialect, front: boolean): Promise<unknown> {
  if (dialect === "serve" && !isJson(request.headers["content-type"])) throw refuse.contentType();
  const text = (await readBody(request, dialect)).toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse.badJson(dialect, front, error instanceof Error ? error.message : String(error));
  }
}

async function readBody(request: IncomingMessage, dialect: Dialect): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The connection must outlive a body that is too large, to carry the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT) throw refuse.tooLarge(dialect, BODY_LIMIT);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}
