import type { WebSocketFactory } from "../attach/websocket.ts";
import type { Token } from "./authorization.ts";
import { ensureRemoved } from "./box.ts";
import { type Boxes, createBoxes } from "./boxes.ts";
import { createHttp, type Http } from "./http.ts";
import type { ExecutionText } from "./output.ts";
import { type RunOptions, run } from "./run.ts";

export interface BoxLiteOptions {
  /**
   * The server, e.g. `http://127.0.0.1:8100` (`boxlite serve`), `https://host/api` (the cloud), or `/api` in a page whose
   * own server is a gateway. `/v1/…` is appended.
   */
  readonly baseUrl: string | URL;
  /**
   * The bearer token, or a function that is called for each request and connection, and once more when the server
   * answers 401. In a page it is your application's, for its gateway, which has the server's own.
   */
  readonly token?: Token | undefined;
  /**
   * The tenant's part of the paths, as it stands. Default: the server is asked once (`GET /v1/me`), when it is first
   * needed; null: there is none, and nothing is asked.
   */
  readonly prefix?: string | null | undefined;
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Makes the sockets. Default: the `ws` package's on Node, Deno and Bun, the platform's in browsers. */
  readonly webSocket?: WebSocketFactory | undefined;
}

/**
 * A client of a BoxLite server. It holds no connection of its own: there is nothing to close.
 *
 * Every failure is a {@link BoxLiteError}; an aborted call rejects with its signal's reason.
 */
export class BoxLite {
  readonly baseUrl: string;
  readonly boxes: Boxes;
  // The token is in a closure below this: no field leads to it.
  readonly #http: Http;

  /** @throws InvalidRequestError for a base URL, prefix or token that cannot be used. */
  constructor(options: BoxLiteOptions) {
    this.#http = createHttp(options);
    this.baseUrl = this.#http.baseUrl;
    this.boxes = createBoxes({ http: this.#http, webSocket: options.webSocket });
  }

  /**
   * Runs one command in a new box, and removes the box: when the command has ended, has failed, or `signal` aborts. A
   * code other than 0 is a result, not an error. Without `stdin` the command reads an empty one. Rejects also if the box
   * could not be removed.
   */
  run(options: RunOptions): Promise<ExecutionText> {
    return run(this.boxes, (box) => ensureRemoved(this.#http, box.id), options);
  }
}
