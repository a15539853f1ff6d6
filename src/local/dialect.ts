/**
 * Which of the two servers is spoken: `runner` is the BoxLite cloud (its API in front of the Go runner), `serve` is
 * `boxlite serve`. They differ in URLs, error bodies, replay, close codes and keepalive.
 */
export type Dialect = "runner" | "serve";
