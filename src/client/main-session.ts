import { type OpenedAhead, openAhead } from "../attach/opened-ahead.ts";
import { createWebSocketTransport } from "../attach/websocket.ts";
import { errorFromAnswer } from "../errors/decode.ts";
import { type BoxLiteError, NetworkError, TimeoutError, UnsupportedError } from "../errors/index.ts";
import { orAborted, withDeadline } from "../rest/deadline.ts";
import type { BoxContext } from "./box.ts";
import { type Execution, type FollowExecutionOptions, followExecution } from "./execution.ts";

/** Milliseconds until a connection has to be open, as for those that follow. */
const OPEN_TIMEOUT = 10_000;

/** The first connection, and what it has told. */
interface Opened {
  readonly ahead: OpenedAhead;
  readonly id: string;
}

/**
 * Follows a box's main process. Its id comes with the first connection, which is the first one of the execution that is made of it;
 * from then on it is attached to like any other.
 */
export async function attachMain(
  context: BoxContext,
  box: string,
  options: FollowExecutionOptions,
): Promise<Execution> {
  const { ahead, id } = await withDeadline(
    OPEN_TIMEOUT,
    options.signal,
    () => late(box),
    (signal) => openFirst(context, box, signal),
  );
  try {
    return await followExecution(context, box, id, { ...options, first: ahead.adopt });
  } catch (error) {
    ahead.discard();
    throw error;
  }
}

/** One connection, or two: after a 401 with another token. */
async function openFirst(context: BoxContext, box: string, signal: AbortSignal): Promise<Opened> {
  const { http } = context;
  const url = await http.webSocketUrl(["boxes", box, "attach"], signal);
  let headers: Readonly<Record<string, string>> = {};
  for (let renewed = false; ; renewed = true) {
    let id: string | undefined;
    const ahead = openAhead(
      createWebSocketTransport({
        url,
        headers: async () => {
          headers = await http.headers();
          return headers;
        },
        protocols: () => http.protocols("box.attach", { box }),
        webSocket: context.webSocket,
        executionId: (told) => {
          id = told;
        },
      }),
    );
    try {
      const refused = await orAborted(ahead.opened, signal);
      if (refused === null && id !== undefined) return { ahead, id };
      if (refused === null) throw untold(box);
      const status = "status" in refused ? refused.status : undefined;
      const again = status === 401 && !renewed && (await http.renewed(headers));
      if (!again) throw failure(box, status, refused.message);
    } catch (error) {
      ahead.discard();
      throw error;
    }
  }
}

function late(box: string): TimeoutError {
  return new TimeoutError(
    "timeout",
    `Attach to the main process of box ${box}: no connection within ${OPEN_TIMEOUT / 1000} s. Check that the server runs.`,
    { operation: "box.attach", retryable: true },
  );
}

function failure(box: string, status: number | undefined, message: string): BoxLiteError {
  const asked = `Attach to the main process of box ${box}`;
  const operation = "box.attach";
  if (status !== undefined) {
    return errorFromAnswer(
      { asked, operation, status, text: message, contentType: "text/plain", partial: true },
      Date.now(),
    );
  }
  const why = message || "the platform does not say why";
  return new NetworkError(
    `${asked}: the connection could not be opened (${why}). Check that the box exists, and that nobody else is attached.`,
    { operation, retryable: true },
  );
}

function untold(box: string): UnsupportedError {
  return new UnsupportedError(
    "unsupported",
    `Attach to the main process of box ${box}: the server did not tell the execution's id, or this platform does not show the ` +
      "header that has it. It takes boxlite serve and Node, Deno or Bun, or a gateway.",
    { operation: "box.attach" },
  );
}
