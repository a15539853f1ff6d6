import { describe, expect, test } from "vitest";
import { admit, checkHosts, checkOrigins } from "../../src/gateway/admission.ts";

interface Case {
  url?: string;
  method?: string;
  upgrade?: boolean;
  loopback?: boolean;
  origins?: string[];
  hosts?: string[];
}

function admission(headers: Record<string, string>, options: Case = {}) {
  const { url = "http://127.0.0.1:5173/api", method = "GET", upgrade = false, loopback = true } = options;
  const result = admit(
    { headers: new Headers({ host: new URL(url).host, ...headers }), method, upgrade, url, loopback },
    { origins: checkOrigins(options.origins ?? []), hosts: checkHosts(options.hosts) },
  );
  return "status" in result ? result.status : result.cross ? "cross" : "own";
}

const OWN = "http://127.0.0.1:5173";
const APP = "https://app.example";

/** The rule that a console of one's own machine needs: its own page, on this machine, and nobody else. */
describe("on the loopback interface, without any option", () => {
  test("its own page may", () => {
    expect(admission({ origin: OWN }, { method: "POST" })).toBe("own");
    expect(admission({ origin: OWN }, { upgrade: true })).toBe("own");
    expect(admission({})).toBe("own");
    expect(admission({ "sec-fetch-site": "same-origin" })).toBe("own");
    expect(admission({ host: "LOCALHOST:5173", origin: "http://localhost:5173" }, { method: "DELETE" })).toBe(
      "own",
    );
    expect(admission({ host: "[::1]:5173", origin: "http://[::1]:5173" }, { upgrade: true })).toBe("own");
  });

  test.each([
    ["another origin", { origin: "http://hostile.example" }],
    ["another port of this machine", { origin: "http://127.0.0.1:5174" }],
    ["this port under another name", { origin: "http://localhost:5173" }],
    ["another scheme on this port", { origin: "https://127.0.0.1:5173" }],
    ["an opaque origin", { origin: "null" }],
    ["two origins", { origin: `${OWN}, http://hostile.example` }],
    ["our origin with a path", { origin: `${OWN}/` }],
    ["an empty origin", { origin: "" }],
    ["no origin", {}],
    ["a rebound name", { host: "hostile.example", origin: "http://hostile.example" }],
    [
      "a name that begins like ours",
      { host: "localhost.hostile.example", origin: "http://localhost.hostile.example" },
    ],
    ["a name that ends like ours", { host: "hostile-localhost", origin: "http://hostile-localhost" }],
  ])("%s may change nothing", (_, headers) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
      expect(admission(headers, { method })).toBe(403);
    expect(admission(headers, { upgrade: true })).toBe(403);
  });

  test.each(["cross-site", "same-site", "none"])("a read from where browsers say %s is refused", (site) => {
    expect(admission({ "sec-fetch-site": site })).toBe(403);
    expect(admission({ "sec-fetch-site": site, origin: OWN }, { method: "POST" })).toBe(403);
  });

  test("a read with a foreign Origin, or under a rebound name, is refused", () => {
    expect(admission({ origin: "http://hostile.example" })).toBe(403);
    expect(admission({ host: "hostile.example" })).toBe(403);
  });
});

describe("hosts", () => {
  test("other interfaces answer to any name, but for a list", () => {
    const url = "http://app.example/api";
    expect(admission({}, { url, loopback: false })).toBe("own");
    expect(admission({}, { url, loopback: false, hosts: ["other.example"] })).toBe(403);
    expect(admission({}, { url, loopback: true })).toBe(403);
    expect(admission({}, { url, loopback: true, hosts: ["App.Example"] })).toBe("own");
    expect(admission({ host: "app.example:8080" }, { url, hosts: ["app.example"] })).toBe("own");
    expect(admission({ host: "app.example:8080" }, { url, hosts: ["app.example:80"] })).toBe(403);
    expect(admission({}, { hosts: ["app.example"] })).toBe(403);
  });

  test.each(["", "a b", "a/b", "a@b", "http://a", "a:b", "a,b", "a:123456", "[::1", "é"])(
    "%j is none",
    (host) => {
      expect(admission({ host: encodeURI(host) }, { loopback: false })).toBe(400);
      expect(() => checkHosts([host])).toThrow(TypeError);
    },
  );
});

describe("origins", () => {
  const origins = [APP];
  test("a page that is listed may, from elsewhere", () => {
    expect(admission({ origin: APP, "sec-fetch-site": "cross-site" }, { origins })).toBe("cross");
    expect(admission({ origin: APP }, { origins, method: "POST" })).toBe("cross");
    expect(admission({ origin: APP }, { origins, upgrade: true })).toBe("cross");
  });

  test("what does not say that it is such a page may not", () => {
    expect(admission({ "sec-fetch-site": "cross-site" }, { origins })).toBe(403);
    expect(admission({ origin: "https://app.example.hostile.example" }, { origins })).toBe(403);
    expect(admission({ origin: "http://app.example" }, { origins })).toBe(403);
    expect(admission({ origin: "https://sub.app.example" }, { origins })).toBe(403);
  });

  test("behind a proxy that ends TLS, pages of the same name are its own; not the other way round", () => {
    const proxied = { url: "http://app.example/api", loopback: false, method: "POST" };
    expect(admission({ origin: APP }, proxied)).toBe("own");
    expect(admission({ origin: "http://app.example" }, { ...proxied, url: "https://app.example/api" })).toBe(
      403,
    );
  });

  test.each([
    "*",
    "null",
    "app.example",
    "https://app.example/",
    "https://App.example",
    "https://app.example:443",
    "https://*.app.example/x",
    "",
  ])("%j is none", (origin) => {
    expect(() => checkOrigins([origin])).toThrow(TypeError);
  });
});
