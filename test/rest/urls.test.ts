import { describe, expect, test } from "vitest";
import { InvalidRequestError } from "../../src/index.ts";
import { encodePath, parseBaseUrl, prefixPath, toWebSocketUrl, withoutSecrets } from "../../src/rest/urls.ts";

describe("base URL", () => {
  test.each([
    ["http://127.0.0.1:8100", "http://127.0.0.1:8100"],
    ["http://127.0.0.1:8100///", "http://127.0.0.1:8100"],
    ["https://host/api/", "https://host/api"],
    ["HTTPS://Host:443/a/../api", "https://host/api"],
  ])("%s → %s", (given, expected) => {
    expect(parseBaseUrl(given, undefined)).toBe(expected);
    expect(parseBaseUrl(new URL(given), undefined)).toBe(expected);
  });

  test.each([
    ["/api", "https://app.example/api"],
    ["api", "https://app.example/dir/api"],
    ["https://other.example", "https://other.example"],
  ])("%s in a page → %s", (given, expected) => {
    expect(parseBaseUrl(given, "https://app.example/dir/page?q#f")).toBe(expected);
  });

  test.each([
    ["", /empty/],
    ["/api", /not a URL/],
    ["127.0.0.1:8100", /not a URL/],
    ["ftp://host", /http/],
    ["ws://host", /http/],
    ["http://host/api?key=s3cret", /query/],
    ["http://host/#s3cret", /fragment/],
    ["http://user:s3cret@host", /token/],
    ["http://s3cret@host", /token/],
    ["http://user:s3cret@ho st", /not a URL/],
  ])("%j is refused, without repeating what may be a credential", (given, why) => {
    const parse = () => parseBaseUrl(given, undefined);
    expect(parse).toThrow(InvalidRequestError);
    expect(parse).toThrow(why);
    expect(parse).not.toThrow(/s3cret/);
  });
});

describe("path", () => {
  test.each([
    ["../x", "/boxes/..%2Fx"],
    ["a/b", "/boxes/a%2Fb"],
    ["%2e%2e", "/boxes/%252e%252e"],
    ["a?b#c", "/boxes/a%3Fb%23c"],
    ["ä \\", "/boxes/%C3%A4%20%5C"],
    ["...", "/boxes/..."],
  ])("the name %j stays one segment", (name, expected) => {
    const path = encodePath(["boxes", name]);
    expect(path).toBe(expected);
    expect(new URL(`http://h/v1${path}`).pathname).toBe(`/v1${expected}`);
  });

  test.each(["", ".", "..", "\ud800"])("the name %j is refused", (name) => {
    expect(() => encodePath(["boxes", name])).toThrow(InvalidRequestError);
  });

  test.each([
    [null, ""],
    ["", ""],
    ["org", "/org"],
    ["org/team", "/org/team"],
    ["a..b", "/a..b"],
  ])("prefix %j → %j, as it stands", (prefix, expected) => {
    expect(prefixPath(prefix)).toBe(expected);
  });

  test.each(["..", "a/../b", "a/./b", "%2E%2e/a", ".%2e", "a?b", "a#b", "a\\..\\b", "a b", "a\n"])(
    "prefix %j is refused: it would lead elsewhere",
    (prefix) => {
      expect(() => prefixPath(prefix)).toThrow(InvalidRequestError);
    },
  );
});

test("WebSocket URLs", () => {
  expect(toWebSocketUrl("http://http.example/v1/http")).toBe("ws://http.example/v1/http");
  expect(toWebSocketUrl("https://host/api")).toBe("wss://host/api");
});

test("what messages show of a URL", () => {
  expect(withoutSecrets("https://user:s3cret@host/a/b?token=s3cret#s3cret")).toBe("https://host/a/b");
  expect(withoutSecrets("/login?next=x", "https://host/api")).toBe("https://host/login");
  expect(withoutSecrets("http://")).toBe("(not a URL)");
});
