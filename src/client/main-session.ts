import { openAhead } from "../attach/opened-ahead.ts";
import { createWebSocketTransport } from "../attach/websocket.ts";
import { errorFromAnswer } from "../errors/decode.ts";
import { type BoxLiteError, NetworkError, UnsupportedError } from "../errors/index.ts";
import { orAborted } from "../rest/deadline.ts";
import type { BoxContext } from "./box.ts";
import { type Execution, type FollowExecutionOptions, followExecution } from "./execution.ts";

/**
 * Follows a box's main process. Its id comes with the first connection, which is the first one of the execution that is made of it;
 * from then on it is attached to like any other.
 */
export async function attachMain(
  context: BoxContext,
  box: string,
  options: FollowExecutionOptions,
): Promise<Execution> {
  const { http, webSocket } = context;
  const { signal } = options;
  const params = { box };
  let id: string | undefined;
  const url = await orAborted(http.webSocketUrl(["boxes", box, "attach"]), signal);
  const ahead = openAhead(
    createWebSocketTransport({
      url,
      headers: http.headers,
      protocols: () => http.protocols("box.attach", params),
      webSocket,
      executionId: (told) => {
        id = told;
      },
    }),
  );
  try {
    const refused = await orAborted(ahead.opened, signal);
    if (refused !== null)
      throw failure(box, "status" in refused ? refused.status : undefined, refused.message);
    if (id === undefined) throw untold(box);
    return await followExecution(context, box, id, { ...options, first: ahead.adopt });
  } catch (error) {
    ahead.discard();
    throw error;
  }
}

function failure(box: string, status: number | undefined, message: string): BoxLiteError {
  const asked = `Attach to the main process of box ${box}`;
  const operation = "box.attach";
  if (status !== undefined) {
    return errorFromAnswer(
      { asked, operation, status, text: message, contentType: "text/plain" },
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
