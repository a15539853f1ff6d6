import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bearerMatches, crossSiteRefusal } from "../../src/local/access.ts";
import { POLL, startTestServer } from "./local-client.ts";

/** A command that leaves a trace where it must never run. */
async function trap() {
  const directory = await mkdtemp(join(tmpdir(), "boxlite-web-trap-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return {
    body: { command: "sh", args: ["-c", `touch ${join(directory, "ran")}`] },
    traces: () => readdir(directory),
  };
}

describe.each(["serve", "runner"] as const)("a web page against the local server (%s)", (dialect) => {
  test.each([
    ["DNS rebinding: the page's own name as Host", { Host: "evil.example" }],
    ["DNS rebinding with our port", { Host: "evil.example:8100" }],
    ["a name that begins like ours", { Host: "127.0.0.1.evil.example" }],
    ["a name that ends like ours", { Host: "evil-localhost" }],
    ["another address of this machine", { Host: "0.0.0.0:8100" }],
    ["another web origin", { Origin: "https://evil.example" }],
    ["another port of this machine", { Origin: "http://127.0.0.1:1" }],
    ["another loopback name than Host's", { Host: "127.0.0.1:8100", Origin: "http://localhost:8100" }],
    ["the right host over https", { Host: "localhost:8100", Origin: "https://localhost:8100" }],
    ["a sandboxed frame", { Origin: "null" }],
    ["an empty origin", { Origin: "" }],
  ])("is refused with the right token: %s", async (_name, headers) => {
    const { send, createBox, exec, attach, tryAttach } = await startTestServer({ dialect });
    const box = await createBox();
    const { body, traces } = await trap();
    const reply = await send("POST", `/v1/boxes/${box}/exec`, { headers, body });
    expect(reply.status).toBe(403);
    expect((await send("GET", "/v1/config", { headers })).status).toBe(403);
    expect((await send("OPTIONS", `/v1/boxes/${box}/exec`, { headers })).status).toBe(403);

    const execution = await exec(box, { command: "cat" });
    expect(await tryAttach(`/v1/boxes/${box}/executions/${execution}/attach`, headers)).toMatchObject({
      status: 403,
    });
    // The refused upgrade has not taken the slot, and the refused command has not run.
    (await attach(box, execution)).socket.close();
    expect(await traces()).toEqual([]);
  });

  test("is told nothing by CORS headers, nor granted a preflight", async () => {
    const { server, send } = await startTestServer({ dialect });
    const origin = server.url;
    const replies = [
      await send("OPTIONS", "/v1/boxes", {
        headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      }),
      await send("GET", "/v1/config", { headers: { Origin: origin } }),
    ];
    for (const { headers } of replies) {
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect(replies.map((reply) => reply.status)).toEqual([dialect === "serve" ? 405 : 404, 200]);
  });

  test.each([
    ["no token", ""],
    ["another token", "Bearer wrong"],
    ["the beginning of the token", "Bearer secre"],
    ["the token and more", "Bearer secret2"],
    ["the token without a scheme", "secret"],
    ["another scheme", "Basic secret"],
  ])("runs nothing: %s", async (_name, authorization) => {
    const { send, createBox, exec, tryAttach } = await startTestServer({ dialect, token: "secret" });
    const headers = { Authorization: authorization };
    const box = await createBox();
    const { body, traces } = await trap();
    const reply = await send("POST", `/v1/boxes/${box}/exec`, { headers, body });
    expect(reply.status).toBe(401);
    if (dialect === "serve") {
      expect(reply.json.error).toMatchObject({ code: "unauthenticated", type: "AuthError" });
    } else {
      expect(reply.json).toMatchObject({ statusCode: 401, code: "UNAUTHORIZED", method: "POST" });
    }
    for (const path of ["/v1/me", "/v1/boxes", "/v1/no/such/route", `/v1/boxes/${box}`]) {
      expect((await send("GET", path, { headers })).status, path).toBe(401);
    }
    const execution = await exec(box, { command: "cat" });
    const refused = await tryAttach(`/v1/boxes/${box}/executions/${execution}/attach`, headers);
    expect(refused).toMatchObject({ status: 401 });
    if (dialect === "runner") expect(refused).toMatchObject({ text: "" });
    expect(await traces()).toEqual([]);
    expect((await send("GET", "/v1/config", { headers })).status).toBe(200);
  });

  test("the trap springs when it should", async () => {
    const { createBox, run } = await startTestServer({ dialect });
    const { body, traces } = await trap();
    await run(await createBox(), body);
    expect(await traces()).toEqual(["ran"]);
  });

  test("gets neither the token nor the server's environment into a command", async () => {
    process.env.BOXLITE_WEB_TEST_SECRET = "hidden";
    onTestFinished(() => {
      delete process.env.BOXLITE_WEB_TEST_SECRET;
    });
    const { createBox, run } = await startTestServer({ dialect, token: "top-secret" });
    const box = await createBox({ env: { FROM_BOX: "1", BOTH: "box" } });
    const { stdout } = await run(box, { command: "env", env: { FROM_EXEC: "2", BOTH: "exec" } });
    const names = stdout()
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.replace(/=.*/, ""));
    expect(names.sort()).toEqual(
      ["BOTH", "BOXLITE_LOCAL_BOX", "FROM_BOX", "FROM_EXEC", "HOME", "LANG", "PATH"].sort(),
    );
    expect(stdout().toString()).toContain("BOTH=exec\n");
    expect(stdout().toString()).not.toMatch(/top-secret|hidden/);
  });

  test("finds nobody on the machine's other addresses", async () => {
    const { server } = await startTestServer({ dialect });
    const outward = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4")
      .map(({ address }) => address);
    for (const address of ["127.0.0.2", ...outward]) {
      const socket = connect(Number(new URL(server.url).port), address);
      const outcome = await new Promise((resolve) => {
        socket.once("connect", () => resolve("connected"));
        socket.once("error", () => resolve("refused"));
      });
      socket.destroy();
      expect(outcome, address).toBe("refused");
    }
  });

  test("cannot keep a refused upgrade's connection", async () => {
    const { server } = await startTestServer({ dialect });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.write(
      "GET /v1/boxes HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await expect.poll(() => socket.readableEnded, POLL).toBe(true);
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });
});

describe("the gate", () => {
  test.each(["127.0.0.1", "127.0.0.1:8100", "localhost", "LOCALHOST:1", "[::1]", "[::1]:65535"])(
    "lets %s in",
    (host) => {
      expect(crossSiteRefusal({ host })).toBeUndefined();
      expect(crossSiteRefusal({ host, origin: `http://${host}` })).toBeUndefined();
    },
  );

  test.each([
    undefined,
    "",
    "127.0.0.1:",
    "127.0.0.1:8100:1",
    "::1",
    "localhost.",
    "127.0.0.1@evil.example",
    " localhost",
  ])("keeps Host %j out", (host) => {
    expect(crossSiteRefusal(host === undefined ? {} : { host })).toContain("Host");
  });

  test("takes the scheme of the credential in any case, and the token exactly", () => {
    expect(bearerMatches("bearer s", "s")).toBe(true);
    expect(bearerMatches("Bearer S", "s")).toBe(false);
    expect(bearerMatches("Bearer  s", "s")).toBe(false);
    expect(bearerMatches(undefined, "s")).toBe(false);
  });
});
