import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { errorFromAnswer } from "../../src/errors/decode.ts";
import type { HttpAnswer } from "../../src/errors/http-answer.ts";
import {
  AuthenticationError,
  BoxLiteError,
  ConflictError,
  InvalidRequestError,
  InvalidResponseError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnsupportedError,
} from "../../src/errors/index.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

function decode(answer: Partial<HttpAnswer> & { status: number }): BoxLiteError {
  return errorFromAnswer(
    { asked: "Get box b1 (GET http://h/v1/boxes/b1)", text: "", contentType: "", ...answer },
    NOW,
  );
}

function nested(code: string, message = "text"): string {
  return JSON.stringify({ error: { message, type: "AnyError", code } });
}

describe("every shape of a failure", () => {
  const shapes: [
    string,
    number,
    string,
    string,
    abstract new (...args: never[]) => BoxLiteError,
    string,
    string?,
  ][] = [
    [
      "nested envelope",
      404,
      nested("not_found", "box not found: b1"),
      "",
      NotFoundError,
      "not_found",
      "box not found: b1",
    ],
    [
      "nested without a code",
      409,
      '{"error":{"message":"busy"}}',
      "",
      ConflictError,
      "invalid_state",
      "busy",
    ],
    [
      "flat sentence of the runner",
      409,
      '{"error":"already attached"}',
      "",
      ConflictError,
      "invalid_state",
      "already attached",
    ],
    [
      "middleware of the runner",
      401,
      '{"statusCode":401,"message":"no token","code":"UNAUTHORIZED","timestamp":"t","path":"/","method":"GET"}',
      "",
      AuthenticationError,
      "UNAUTHORIZED",
      "no token",
    ],
    [
      "Nest",
      404,
      '{"path":"/x","timestamp":"t","statusCode":404,"error":"Not Found","message":"Box with ID b1 not found"}',
      "",
      NotFoundError,
      "not_found",
      "Box with ID b1 not found",
    ],
    [
      "Nest's validation",
      400,
      '{"statusCode":400,"error":"Bad Request","message":["cpus must be a number","image must be a string"]}',
      "",
      InvalidRequestError,
      "invalid_argument",
      "cpus must be a number; image must be a string",
    ],
    [
      "Nest with a code of its own",
      502,
      '{"statusCode":502,"message":"bad runner reply","code":"runner_non_json_error"}',
      "",
      ServerError,
      "runner_non_json_error",
      "bad runner reply",
    ],
    [
      "plain text",
      422,
      "Failed to deserialize: unknown field `x`",
      "text/plain",
      InvalidRequestError,
      "invalid_argument",
      "unknown field `x`",
    ],
    [
      "plain text 415",
      415,
      "Expected request with `Content-Type: application/json`",
      "text/plain",
      InvalidRequestError,
      "invalid_argument",
      "Expected request",
    ],
    ["empty 401", 401, "", "", AuthenticationError, "unauthenticated"],
    ["empty 404", 404, "", "", NotFoundError, "not_found"],
    ["empty 405", 405, "", "", InvalidRequestError, "invalid_argument"],
    [
      "web page of a load balancer",
      502,
      "<html><body>Bad Gateway</body></html>",
      "text/html",
      ServerError,
      "upstream_unavailable",
      "web page",
    ],
    ["web page 504", 504, "<!DOCTYPE html><p>", "", TimeoutError, "timeout", "web page"],
    [
      "web page 404",
      404,
      "<!doctype html><h1>Not found</h1>",
      "text/html",
      InvalidResponseError,
      "invalid_response",
      "web page",
    ],
    [
      "web page 404 to a HEAD",
      404,
      "",
      "text/html; charset=utf-8",
      InvalidResponseError,
      "invalid_response",
      "web page",
    ],
    ["JSON that is no object", 500, '"oops"', "application/json", ServerError, "internal", "oops"],
    ["an array", 500, "[1]", "application/json", ServerError, "internal", "[1]"],
    [
      "fields of other types",
      400,
      '{"error":{"message":1,"code":2}}',
      "",
      InvalidRequestError,
      "invalid_argument",
    ],
    ["null", 400, "null", "", InvalidRequestError, "invalid_argument"],
    ["a code that is a property of objects", 404, nested("constructor"), "", NotFoundError, "constructor"],
  ];
  test.each(shapes)("%s", (_name, status, text, contentType, type, code, said) => {
    const error = decode({ status, text, contentType });
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(BoxLiteError);
    expect(error).toMatchObject({ code, status, name: type.name });
    expect(error.message).toContain("Get box b1 (GET http://h/v1/boxes/b1): the server answered");
    expect(error.message).toContain(said ?? String(status));
  });
});

describe("the code decides, then the status", () => {
  const codes: [string, abstract new (...args: never[]) => BoxLiteError][] = [
    ["invalid_argument", InvalidRequestError],
    ["unsupported", UnsupportedError],
    ["unauthenticated", AuthenticationError],
    ["permission_denied", AuthenticationError],
    ["not_found", NotFoundError],
    ["session_reaped", NotFoundError],
    ["already_exists", ConflictError],
    ["invalid_state", ConflictError],
    ["stopped", ConflictError],
    ["image_pull_failed", InvalidRequestError],
    ["execution_failed", InvalidRequestError],
    ["resource_exhausted", RateLimitError],
    ["network_unavailable", ServerError],
    ["upstream_unavailable", ServerError],
    ["engine_unavailable", ServerError],
    ["timeout", TimeoutError],
    ["storage_error", ServerError],
    ["database_error", ServerError],
    ["metadata_error", ServerError],
    ["config_error", ServerError],
    ["internal", ServerError],
  ];
  test.each(codes)("%s, whatever the status", (code, type) => {
    // 418 stands for no class of its own: only the code can have decided.
    const error = decode({ status: 418, text: nested(code) });
    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe(code);
  });

  const statuses: [number, abstract new (...args: never[]) => BoxLiteError, string][] = [
    [400, InvalidRequestError, "invalid_argument"],
    [401, AuthenticationError, "unauthenticated"],
    [403, AuthenticationError, "permission_denied"],
    [404, NotFoundError, "not_found"],
    [408, TimeoutError, "timeout"],
    [409, ConflictError, "invalid_state"],
    [410, NotFoundError, "session_reaped"],
    [413, InvalidRequestError, "invalid_argument"],
    [422, InvalidRequestError, "invalid_argument"],
    [428, ConflictError, "invalid_state"],
    [429, RateLimitError, "resource_exhausted"],
    [500, ServerError, "internal"],
    [502, ServerError, "upstream_unavailable"],
    [503, ServerError, "upstream_unavailable"],
    [504, TimeoutError, "timeout"],
  ];
  test.each(statuses)("a bare %d", (status, type, code) => {
    const error = decode({ status });
    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe(code);
  });

  test.each(statuses)("an unknown code leaves the class to a %d and is kept", (status, type) => {
    const error = decode({ status, text: nested("brand_new") });
    expect(error).toBeInstanceOf(type);
    expect(error.code).toBe("brand_new");
  });
});

describe("details", () => {
  test.each([
    ["5", 5_000],
    ["0", 0],
    ["Mon, 23 Nov 2026 12:00:30 GMT", 30_000],
    ["Mon, 23 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-1", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("Retry-After %j is %j ms", (retryAfter, expected) => {
    expect(decode({ status: 429, retryAfter })).toMatchObject({ retryAfter: expected });
    expect(decode({ status: 503, retryAfter })).toMatchObject({ retryAfter: expected });
  });

  test("the request id of the header goes before that of the body", () => {
    const text = '{"error":{"message":"m","code":"internal","request_id":"body"}}';
    expect(decode({ status: 500, text }).requestId).toBe("body");
    expect(decode({ status: 500, text, requestId: "header" }).requestId).toBe("header");
  });

  test.each([301, 302, 307, 308, 0])("a redirect (%d) is not an answer", (status) => {
    const error = decode({ status, location: "https://elsewhere.example/login" });
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error.message).toContain("https://elsewhere.example/login");
  });

  test.each([
    [{ partial: true, naming: false }, "", "unsupported"],
    [{ partial: true, naming: false }, nested("not_found"), "unsupported"],
    [{ partial: true }, "", "unsupported"],
    [
      { partial: true },
      '{"message":"Cannot POST /api/v1/x","error":"Not Found","statusCode":404}',
      "unsupported",
    ],
    [{ partial: true }, nested("not_found"), "not_found"],
    [{ partial: true }, '{"error":"box not found"}', "not_found"],
    [{}, "", "not_found"],
  ] as const)("a 404 that may be about the operation (%j): %s is %s", (spec, text, code) => {
    const error = decode({ status: 404, text, ...spec });
    expect(error).toBeInstanceOf(code === "unsupported" ? UnsupportedError : NotFoundError);
    expect(error.code).toBe(code);
    expect(decode({ status: 404, text, ...spec, method: "HEAD" })).toBeInstanceOf(NotFoundError);
  });

  test("a success where there should be none is no redirect", () => {
    const { message } = decode({ status: 200 });
    expect(message).toContain("answered 200, which is none to this");
    expect(message).not.toContain("redirect");
  });

  test("advice is about what can be done", () => {
    expect(decode({ status: 404 }).message).toContain("Check the id or name");
    expect(decode({ status: 404, naming: false }).message).toContain("Check baseUrl and its path");
    expect(decode({ status: 413, text: "length limit exceeded" }).message).toContain("Send less at once");
    expect(decode({ status: 405 }).message).toContain("check baseUrl");
    expect(decode({ status: 415 }).message).toContain("check baseUrl");
  });

  test("a time to wait is also taken from the body, where newer clouds have it", () => {
    const body = { statusCode: 408, message: "starting", progress: { phase: "boot", retryAfterMs: 1_500 } };
    const error = decode({ status: 408, text: JSON.stringify(body) });
    expect(error).toMatchObject({ name: "TimeoutError", retryAfter: 1_500, retryable: true });
    expect(decode({ status: 408, text: JSON.stringify(body), retryAfter: "3" }).retryAfter).toBe(3_000);
    expect(decode({ status: 408, text: '{"progress":{"retryAfterMs":"x"}}' }).retryAfter).toBeUndefined();
  });

  test("a long answer is quoted in part", () => {
    expect(decode({ status: 500, text: "x".repeat(100_000) }).message.length).toBeLessThan(1_000);
  });

  test("a token that the server repeats is not repeated", () => {
    const secret = "s3cret-token";
    const answers = [
      { status: 401, text: `{"error":"token ${secret} is expired"}` },
      { status: 400, text: `bad header: Bearer ${secret}` },
      { status: 400, text: `${" x".repeat(246)} ${secret}` },
    ];
    for (const answer of answers) expect(inspect(decode({ ...answer, secret }))).not.toContain("s3cret");
  });
});
