import type { IncomingMessage } from "node:http";
import type { Dialect } from "./dialect.ts";
import { refuse } from "./refusal.ts";

/** What serve's framework takes at most. */
const BODY_LIMIT = 2 * 1024 * 1024;

/** Bytes of a streamed body that wait to be read. */
const STREAM_HIGH_WATER = 256 * 1024;

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

/**
 * The body as it comes, as fast as it is read. It fails when the client hangs up. What is left when it is cancelled is
 * thrown away: the connection stays, for the answer.
 */
export function streamBody(request: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        request.on("data", (chunk: Buffer) => {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) request.pause();
        });
        request.once("end", () => controller.close());
        request.once("error", (error) => controller.error(error));
      },
      pull: () => void request.resume(),
      cancel() {
        request.removeAllListeners("data").removeAllListeners("end").resume();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: STREAM_HIGH_WATER }),
  );
}
