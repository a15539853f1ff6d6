import { describe, expect, test } from "vitest";
import { matchRoute, parseTarget } from "../../src/gateway/routes.ts";
import { operations } from "../../src/rest/operations.ts";

function routeOf(method: string, path: string) {
  const target = parseTarget(path);
  if (target === undefined) return "refused";
  const found = matchRoute(method, target.segments);
  return found.kind === "route" ? found.route : found.kind;
}

describe("attacks on the path", () => {
  test.each([
    ["dots", "/v1/boxes/../me"],
    ["dots at the end", "/v1/boxes/.."],
    ["a single dot", "/v1/./boxes"],
    ["encoded dots", "/v1/boxes/%2e%2e/me"],
    ["encoded dots, upper case", "/v1/boxes/%2E%2E/me"],
    ["half-encoded dots", "/v1/boxes/.%2e/me"],
    ["dots in the prefix", "/v1/../boxes"],
    ["dots behind the prefix", "/v1/org/../../admin/boxes"],
    ["an encoded slash", "/v1/boxes/a%2fb"],
    ["an encoded slash, upper case", "/v1/boxes/a%2Fb"],
    ["an encoded slash with dots", "/v1/boxes/..%2f..%2fadmin"],
    ["a backslash", "/v1/boxes\\..\\me"],
    ["an encoded backslash", "/v1/boxes/a%5cb"],
    ["an encoded backslash, upper case", "/v1/boxes/..%5C..%5Cme"],
    ["double encoding of dots", "/v1/boxes/%252e%252e/me"],
    ["double encoding of a slash", "/v1/boxes/a%252fb"],
    ["triple encoding", "/v1/boxes/a%25252fb"],
    ["an absolute URL", "http://evil.example/v1/boxes"],
    ["an absolute URL of another scheme", "file:///etc/passwd"],
    ["another host", "//evil.example/v1/boxes"],
    ["another host, encoded", "/%2fevil.example/v1/boxes"],
    ["another host, with a backslash", "/\\evil.example/v1/boxes"],
    ["an empty segment", "/v1//boxes"],
    ["a slash at the end", "/v1/boxes/"],
    ["a line break", "/v1/boxes/a%0d%0aHost:%20evil"],
    ["a null byte", "/v1/boxes/a%00"],
    ["a raw control character", "/v1/boxes/a\u0001"],
    ["a delete character", "/v1/boxes/a%7f"],
    ["a C1 control character", "/v1/boxes/a%c2%85"],
    ["a raw space", "/v1/boxes/a b"],
    ["a raw line break", "/v1/boxes\r\nHost: evil"],
    ["characters beyond ASCII", "/v1/boxes/é"],
    ["overlong UTF-8 of a slash", "/v1/boxes/a%c0%afb"],
    ["overlong UTF-8 of a dot", "/v1/boxes/%c0%ae%c0%ae/me"],
    ["broken UTF-8", "/v1/boxes/%ff"],
    ["a stray percent sign", "/v1/boxes/a%"],
    ["a percent sign with half a code", "/v1/boxes/a%2"],
    ["a code that is none", "/v1/boxes/a%zz"],
    ["a fragment", "/v1/boxes#/me"],
    ["a user name", "user@evil.example/v1/boxes"],
    ["no slash", "v1/boxes"],
    ["nothing", ""],
    ["an asterisk", "*"],
    ["a line break in the query", "/v1/boxes?a=%0d%0ab"],
    ["a raw line break in the query", "/v1/boxes?a=\r\nb"],
    ["a fragment in the query", "/v1/boxes?a=1#b"],
    ["a backslash in the query", "/v1/boxes?a=\\b"],
    ["a null byte in the query", "/v1/boxes?a=%00"],
    ["a path that never ends", `/v1/boxes/${"a".repeat(9000)}`],
  ])("%s", (_, path) => {
    expect(routeOf("GET", path)).toBe("refused");
  });

  test.each([
    ["GET", "/v1"],
    ["GET", "/v2/boxes"],
    ["GET", "/V1/boxes"],
    ["GET", "/v1/Boxes"],
    ["GET", "/v1/admin"],
    ["GET", "/v1/org/me"],
    ["GET", "/v1/org/config"],
    ["GET", "/v1/boxes/b/executions"],
    ["GET", "/v1/boxes/b/executions/e/output"],
    ["GET", "/v1/boxes/b/executions/e/signal/x"],
    ["POST", "/v1/boxes/b/network/tunnel"],
    ["POST", "/v1/boxes/b/ssh"],
    ["GET", "/v1/boxes/b/toolbox/proxy/22222"],
    ["GET", "/api/box/b/ports/22222/signed-preview-url"],
    ["GET", "/v1/a/b/c/d/e/boxes"],
    ["GET", "/v1/ssh"],
    ["GET", "/v1/boxes/b;x/y/z"],
    ["GET", "/v1/config/x"],
  ])("no route: %s %s", (method, path) => {
    expect(routeOf(method, path)).toBe("unknown");
  });

  test.each([
    ["DELETE", "/v1/boxes"],
    ["PATCH", "/v1/boxes/b"],
    ["POST", "/v1/me"],
    ["GET", "/v1/boxes/b/exec"],
    ["PUT", "/v1/boxes/b/executions/e"],
    ["UPGRADE", "/v1/boxes"],
    ["UPGRADE", "/v1/boxes/b/exec"],
    ["UPGRADE", "/v1/boxes/b/executions/e"],
    ["GET", "/v1/boxes/b/executions/e/attach"],
    ["OPTIONS", "/v1/boxes"],
    ["get", "/v1/boxes"],
  ])("no such method: %s %s", (method, path) => {
    expect(routeOf(method, path)).toBe("method");
  });
});

describe("the routes of the API", () => {
  test.each([
    ["GET", "/boxes", "boxes.list"],
    ["POST", "/boxes", "boxes.create"],
    ["POST", "/boxes/import", "boxes.import"],
    ["GET", "/boxes/b", "box.get"],
    ["HEAD", "/boxes/b", "box.get"],
    ["DELETE", "/boxes/b", "box.remove"],
    ["POST", "/boxes/b/start", "box.start"],
    ["POST", "/boxes/b/stop", "box.stop"],
    ["POST", "/boxes/b/clone", "box.clone"],
    ["POST", "/boxes/b/export", "box.export"],
    ["GET", "/boxes/b/metrics", "box.metrics"],
    ["PUT", "/boxes/b/network/inbound", "box.network"],
    ["UPGRADE", "/boxes/b/attach", "box.attach"],
    ["POST", "/boxes/b/exec", "execution.start"],
    ["GET", "/boxes/b/executions/e", "execution.status"],
    ["DELETE", "/boxes/b/executions/e", "execution.kill"],
    ["POST", "/boxes/b/executions/e/signal", "execution.signal"],
    ["POST", "/boxes/b/executions/e/resize", "execution.resize"],
    ["UPGRADE", "/boxes/b/executions/e/attach", "execution.attach"],
    ["POST", "/boxes/b/executions/e/attach", "execution.attach"],
    ["GET", "/boxes/b/files", "files.read"],
    ["PUT", "/boxes/b/files", "files.write"],
    ["GET", "/boxes/b/snapshots", "snapshots.list"],
    ["POST", "/boxes/b/snapshots", "snapshots.create"],
    ["GET", "/boxes/b/snapshots/s", "snapshots.get"],
    ["DELETE", "/boxes/b/snapshots/s", "snapshots.remove"],
    ["POST", "/boxes/b/snapshots/s/restore", "snapshots.restore"],
    ["GET", "/images", "images.list"],
    ["POST", "/images/pull", "images.pull"],
    ["GET", "/images/sha256%3Aabc", "images.get"],
    ["HEAD", "/images/sha256%3Aabc", "images.get"],
    ["GET", "/metrics", "metrics"],
    ["GET", "/volumes", "volumes.list"],
    ["POST", "/volumes", "volumes.create"],
    ["GET", "/volumes/v", "volumes.get"],
    ["DELETE", "/volumes/v", "volumes.remove"],
  ])("%s %s, with and without a prefix", (method, path, operation) => {
    const box = path.includes("/b") && path !== "/boxes" && path !== "/boxes/import" ? "b" : null;
    expect(routeOf(method, `/v1${path}`)).toEqual({ operation, path, box, prefix: "" });
    expect(routeOf(method, `/v1/org${path}`)).toEqual({ operation, path: `/org${path}`, box, prefix: "org" });
    expect(routeOf(method, `/v1/org/team${path}`)).toMatchObject({
      path: `/org/team${path}`,
      prefix: "org/team",
    });
  });

  test.each([
    ["GET", "/v1/me", "me"],
    ["GET", "/v1/config", "config"],
  ])("%s %s has no prefix", (method, path, operation) => {
    expect(routeOf(method, path)).toMatchObject({ operation, box: null, prefix: "" });
  });

  test("the path is built anew: what needs encoding is encoded, and nothing else", () => {
    expect(routeOf("GET", "/v1/boxes/%61%3Fb%20%C3%A9")).toMatchObject({
      path: "/boxes/a%3Fb%20%C3%A9",
      box: "a?b é",
    });
    expect(routeOf("GET", "/v1/boxes/...")).toMatchObject({ box: "..." });
    expect(parseTarget("/v1/boxes?force=true&path=/a/../b%20c")?.query).toBe("?force=true&path=/a/../b%20c");
    expect(parseTarget("/v1/boxes?")?.query).toBe("");
  });

  test("a box or a tenant may have the name of a route", () => {
    expect(routeOf("GET", "/v1/boxes/boxes")).toMatchObject({
      operation: "box.get",
      box: "boxes",
      prefix: "",
    });
    expect(routeOf("POST", "/v1/me/boxes/exec/exec")).toMatchObject({
      operation: "execution.start",
      box: "exec",
      prefix: "me",
    });
  });
});

test("what the client can ask for is known under the same name; looking for something is reading it", () => {
  const names: Record<string, string | undefined> = {
    "box.exists": "box.get",
    "images.exists": "images.get",
  };
  for (const [name, { method, path }] of Object.entries(operations)) {
    const route = routeOf(method, `/v1/${path.replace(/:\w+/g, "x")}`);
    // A page could not use a tunnel.
    if (name === "box.tunnel") expect(route).toBe("unknown");
    else expect(route, `${method} ${path}`).toMatchObject({ operation: names[name] ?? name });
  }
});
