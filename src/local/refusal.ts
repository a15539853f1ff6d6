import { STATUS_CODES } from "node:http";
import type { Dialect } from "./dialect.ts";

/** A body and status that end a request. */
export interface Answer {
  readonly status: number;
  readonly type?:
    | "application/json"
    | "text/plain; charset=utf-8"
    | "application/x-tar"
    | "application/octet-stream";
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or bytes as they come: should they fail, the connection is cut, for there is no other way to tell. */
  readonly body?: string | ReadableStream<Uint8Array>;
}

/** An answer in few words. */
export interface TextAnswer extends Answer {
  readonly body?: string;
}

type Code =
  | "invalid_argument"
  | "unsupported"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "already_exists"
  | "invalid_state"
  | "execution_failed"
  | "internal";

/**
 * How the body is laid out: `nested` is serve's envelope, `text` what its extractors answer, `flat` what the runner's
 * handlers answer, `middleware` its authentication, `nest` the cloud API in front of it, `empty` an upgrade refused there.
 */
type Shape = "nested" | "text" | "flat" | "middleware" | "nest" | "empty";

const ERROR_TYPES: Record<Code, string> = {
  invalid_argument: "InvalidArgumentError",
  unsupported: "UnsupportedError",
  unauthenticated: "AuthError",
  permission_denied: "PermissionDeniedError",
  not_found: "NotFoundError",
  already_exists: "AlreadyExistsError",
  invalid_state: "InvalidStateError",
  execution_failed: "ExecutionError",
  internal: "InternalError",
};

/** A request that is answered with an error. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: Code;
  readonly shape: Shape;

  constructor(status: number, code: Code, shape: Shape, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.shape = shape;
  }
}

export function json(status: number, body: unknown): TextAnswer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

/** The refusal as it goes over the wire. */
export function renderRefusal(refusal: Refusal, method: string, path: string): TextAnswer {
  const { status, code, message } = refusal;
  const statusText = STATUS_CODES[status] ?? "Error";
  switch (refusal.shape) {
    case "nested":
      return json(status, { error: { message, type: ERROR_TYPES[code], code } });
    case "flat":
      return json(status, { error: message });
    case "middleware":
      return json(status, {
        statusCode: status,
        message,
        code: statusText.toUpperCase().replaceAll(" ", "_"),
        timestamp: new Date().toISOString(),
        path,
        method,
      });
    case "nest":
      return json(status, {
        path,
        timestamp: new Date().toISOString(),
        statusCode: status,
        error: statusText,
        message,
        code,
      });
    case "text":
      return { status, type: "text/plain; charset=utf-8", body: message };
    case "empty":
      return { status };
  }
}

/** The same before an upgrade. There the cloud's API says nothing but the status; its runner's answers go through. */
export function renderUpgradeRefusal(refusal: Refusal, method: string, path: string): TextAnswer {
  const byApi = refusal.shape === "nest" || refusal.shape === "middleware";
  return byApi ? { status: refusal.status } : renderRefusal(refusal, method, path);
}

/** What the handlers of executions answer: the runner itself in one dialect, serve in the other. */
function byHandler(dialect: Dialect, status: number, code: Code, message: string): Refusal {
  return new Refusal(status, code, dialect === "serve" ? "nested" : "flat", message);
}

/** What is answered before an execution is looked at: by the cloud API in one dialect, serve in the other. */
function byFront(dialect: Dialect, status: number, code: Code, message: string): Refusal {
  return new Refusal(status, code, dialect === "serve" ? "nested" : "nest", message);
}

/** What the handlers of files answer: the runner's are newer than its others, and have serve's envelope. */
function byFiles(status: number, code: Code, message: string): Refusal {
  return new Refusal(status, code, "nested", message);
}

const autoResumeOff = (segment: string) => `box ${segment} is stopped and auto_resume is off`;

/** Refusals by what went wrong, in the shape and with the status of each dialect. */
export const refuse = {
  crossSite: (dialect: Dialect, reason: string) => byFront(dialect, 403, "permission_denied", reason),

  unauthenticated: (dialect: Dialect) =>
    new Refusal(
      401,
      "unauthenticated",
      dialect === "serve" ? "nested" : "middleware",
      "this server wants the header Authorization: Bearer <token>, with the token it was started with",
    ),

  foreignPrefix: (prefix: string) =>
    new Refusal(403, "permission_denied", "nest", `the API key does not belong to organization ${prefix}`),

  unknownRoute: (dialect: Dialect, method: string, path: string) =>
    dialect === "serve"
      ? new Refusal(404, "not_found", "empty", "unknown route")
      : new Refusal(404, "not_found", "nest", `Cannot ${method} ${path}`),

  method: (dialect: Dialect, method: string, path: string) =>
    dialect === "serve"
      ? new Refusal(405, "unsupported", "empty", "method not allowed")
      : new Refusal(404, "not_found", "nest", `Cannot ${method} ${path}`),

  tooLarge: (dialect: Dialect, limit: number) =>
    new Refusal(
      413,
      "invalid_argument",
      dialect === "serve" ? "text" : "nest",
      `the request body is larger than ${limit} bytes`,
    ),

  /** A body that cannot be read as JSON. */
  badJson: (dialect: Dialect, front: boolean, why: string) =>
    new Refusal(
      400,
      "invalid_argument",
      dialect === "serve" ? "text" : front ? "nest" : "flat",
      `Failed to parse the request body as JSON: ${why}`,
    ),

  contentType: () =>
    new Refusal(415, "invalid_argument", "text", "Expected request with `Content-Type: application/json`"),

  /** A JSON body whose fields are unknown, missing or of the wrong type. */
  badField: (dialect: Dialect, front: boolean, why: string) =>
    dialect === "serve"
      ? new Refusal(
          422,
          "invalid_argument",
          "text",
          `Failed to deserialize the JSON body into the target type: ${why}`,
        )
      : new Refusal(400, "invalid_argument", front ? "nest" : "flat", why),

  invalidBox: (dialect: Dialect, why: string) => byFront(dialect, 400, "invalid_argument", why),
  boxExists: (dialect: Dialect, name: string) =>
    byFront(dialect, 409, "already_exists", `a box named "${name}" exists already`),
  unknownBox: (dialect: Dialect, segment: string) =>
    byFront(dialect, 404, "not_found", `box not found: ${segment}`),
  boxStopped: (dialect: Dialect, segment: string) =>
    byHandler(dialect, 409, "invalid_state", `box ${segment} is not running`),
  boxRunning: (how: string) => new Refusal(409, "invalid_state", "nested", `box is running: ${how}`),
  unknownSnapshot: (name: string) => new Refusal(404, "not_found", "nested", `snapshot not found: ${name}`),
  snapshotExists: (name: string) =>
    new Refusal(409, "already_exists", "nested", `a snapshot named "${name}" exists already`),
  noVolumes: (dialect: Dialect) => byFront(dialect, 400, "unsupported", "this server has no volumes"),
  badPage: (dialect: Dialect, why: string) => byFront(dialect, 400, "invalid_argument", why),
  autoResumeOff: (dialect: Dialect, segment: string) =>
    byHandler(dialect, 409, "invalid_state", autoResumeOff(segment)),

  /** A query that serve cannot read, or the runner's handlers of files do not like. */
  badQuery: (dialect: Dialect, serveSays: string, runnerSays: string) =>
    dialect === "serve"
      ? new Refusal(400, "invalid_argument", "text", `Failed to deserialize query string: ${serveSays}`)
      : byFiles(400, "invalid_argument", runnerSays),
  badPath: (why: string) => byFiles(400, "invalid_argument", why),
  noSource: () => byFiles(404, "not_found", "source path does not exist"),
  badArchive: (why: string) => byFiles(400, "invalid_argument", why),
  filesOfStopped: (segment: string) => byFiles(409, "invalid_state", autoResumeOff(segment)),

  invalidArgument: (dialect: Dialect, why: string) => byHandler(dialect, 400, "invalid_argument", why),
  notTty: (dialect: Dialect) =>
    byHandler(dialect, 400, "unsupported", "the execution is not TTY: it has no terminal to resize"),
  unknownExecution: (dialect: Dialect, id: string) =>
    byHandler(dialect, 404, "not_found", `execution not found: ${id}`),
  executionFinished: (dialect: Dialect, id: string) =>
    byHandler(dialect, 409, "invalid_state", `execution ${id} has finished or is being reaped`),
  upgradeRequired: (dialect: Dialect, method: string, path: string) =>
    dialect === "serve"
      ? new Refusal(426, "invalid_argument", "text", "Connection header did not include 'upgrade'")
      : new Refusal(404, "not_found", "nest", `Cannot ${method} ${path}`),
  alreadyAttached: (dialect: Dialect, id: string) =>
    byHandler(dialect, 409, "invalid_state", `execution ${id} is already attached`),
  cannotStart: (dialect: Dialect, why: string) =>
    byHandler(dialect, dialect === "serve" ? 422 : 500, "execution_failed", why),

  internal: (dialect: Dialect, why: string) => byHandler(dialect, 500, "internal", `internal error: ${why}`),
};
