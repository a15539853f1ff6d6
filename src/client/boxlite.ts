import type { WebSocketFactory } from "../attach/sockets/socket.ts";
import type { Token } from "../rest/authorization.ts";
import { createHttp, type Http } from "../rest/http.ts";
import type { RetryOptions } from "../rest/retry.ts";
import type { ServerConfig } from "../wire/config.ts";
import { type RuntimeMetrics, RuntimeMetricsSchema } from "../wire/metrics.ts";
import { Me, type Principal } from "../wire/principal.ts";
import { ensureRemoved } from "./box.ts";
import { type Boxes, createBoxes } from "./boxes.ts";
import type { CallOptions } from "./call-options.ts";
import { optionsFromEnv } from "./env.ts";
import { createImages, type Images } from "./images.ts";
import type { ExecutionText } from "./output.ts";
import type { RunOptions } from "./run.ts";
import { createServerConfig, type ServerConfigReader } from "./server-config.ts";
import { createVolumes, type Volumes } from "./volumes.ts";

export interface BoxLiteOptions {
  /**
   * The server, e.g. `http://127.0.0.1:8100` (`boxlite serve`), `https://host/api` (the cloud), or `/api` in a page whose
   * own server is a gateway. `/v1/…` is appended.
   */
  readonly baseUrl: string | URL;
  /**
   * The bearer token, or a function that gives one: it is called when a token is first needed, once more when the server answers 401,
   * and a minute before the token ends, where `/v1/me` says when that is (it is not asked where `prefix` is given). In a page it is your application's, for its gateway, which
   * has the server's own. Default: none.
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
  /** How requests are repeated that failed in passing. Default: twice, where that is safe. */
  readonly retry?: RetryOptions | undefined;
}

/**
 * A client of a BoxLite server. It holds no connection of its own: there is nothing to close.
 *
 * Every failure is a {@link BoxLiteError}; an aborted call rejects with its signal's reason.
 */
export class BoxLite {
  readonly baseUrl: string;
  readonly boxes: Boxes;
  /** The images that the server keeps: in the contract, but on no server today. */
  readonly images: Images;
  /** Storage that outlives boxes: newer cloud only. */
  readonly volumes: Volumes;
  readonly #config: ServerConfigReader;
  // The token is in a closure below this: no field leads to it.
  readonly #http: Http;

  /** @throws InvalidRequestError for a base URL, prefix or token that cannot be used. */
  constructor(options: BoxLiteOptions) {
    this.#http = createHttp(options);
    this.baseUrl = this.#http.baseUrl;
    this.#config = createServerConfig(this.#http);
    this.boxes = createBoxes({ http: this.#http, webSocket: options.webSocket, config: this.#config });
    this.images = createImages(this.#http);
    this.volumes = createVolumes(this.#http);
  }

  /**
   * A client of the server that the environment names, as the official SDKs do: `BOXLITE_REST_URL`, `BOXLITE_API_KEY` and
   * `BOXLITE_REST_PATH_PREFIX`; the last two may be missing. On Node, Deno (`--allow-env`) and Bun.
   *
   * @param options What is given here goes before the environment.
   * @throws InvalidRequestError if there is no `BOXLITE_REST_URL`, or no environment, or it may not be read.
   */
  static fromEnv(options: Partial<BoxLiteOptions> = {}): BoxLite {
    return new BoxLite(optionsFromEnv(options));
  }

  /**
   * Who the token belongs to: the way to check one. A gateway keeps to itself whose its credential is.
   *
   * @throws AuthenticationError for a token that the server does not know, SchemaError behind a gateway.
   */
  me({ signal }: CallOptions = {}): Promise<Principal> {
    return this.#http.json({ operation: "me", signal }, Me);
  }

  /** What the server can do. Asked for once, and kept. It needs no token. */
  config(options: CallOptions = {}): Promise<ServerConfig> {
    return this.#config.read(options);
  }

  /** Counters of the whole server (`boxlite serve` only). */
  metrics({ signal }: CallOptions = {}): Promise<RuntimeMetrics> {
    return this.#http.json({ operation: "metrics", signal }, RuntimeMetricsSchema);
  }

  /**
   * Runs one command in a new box, and removes the box: when the command has ended, has failed, or `signal` aborts. A
   * code other than 0 is a result, not an error. Without `stdin` the command reads an empty one. Rejects also if the box
   * could not be removed.
   *
   * @example
   * ```ts
   * const { stdout, exitCode } = await boxlite.run({ image: "alpine:latest", command: "echo", args: ["hello"] });
   * console.log(exitCode, stdout); // 0 hello
   * ```
   */
  async run(options: RunOptions): Promise<ExecutionText> {
    const { run } = await import("./following.ts");
    return run(this.boxes, (box) => ensureRemoved(this.#http, box.id), options);
  }
}
