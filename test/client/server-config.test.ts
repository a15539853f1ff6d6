import { afterEach, describe, expect, test } from "vitest";
import { type Box, BoxLite, UnsupportedError } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { boxAnswer, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(capabilities: () => unknown) {
  const started = await startScriptedServer(({ path }) =>
    path === "/v1/config"
      ? { status: 200, json: capabilities() }
      : { status: 201, json: boxAnswer("b1", { snapshots: [], mode: "enabled" }) },
  );
  server = started;
  const boxlite = new BoxLite({ baseUrl: started.url, prefix: null });
  return { boxlite, started, box: await boxlite.boxes.get("b1") };
}

const calls: [string, string, (boxlite: BoxLite, box: Box) => Promise<unknown>][] = [
  ["snapshots_enabled", "snapshots.create", (_, box) => box.snapshots.create("s")],
  ["snapshots_enabled", "snapshots.list", (_, box) => box.snapshots.list().all()],
  ["snapshots_enabled", "snapshots.get", (_, box) => box.snapshots.get("s")],
  ["snapshots_enabled", "snapshots.remove", (_, box) => box.snapshots.remove("s")],
  ["snapshots_enabled", "snapshots.restore", (_, box) => box.snapshots.restore("s")],
  ["clone_enabled", "box.clone", (_, box) => box.clone()],
  ["export_enabled", "box.export", (_, box) => box.export()],
  ["export_enabled", "boxes.import", (boxlite) => boxlite.boxes.import(new Blob(["x"]))],
  ["inbound_update_enabled", "box.network", (_, box) => box.setInbound("enabled")],
  [
    "linux_capabilities_enabled",
    "boxes.create",
    (boxlite) => boxlite.boxes.create({ advanced: { capabilities: { add: ["SYS_ADMIN"] } } }),
  ],
];

describe.each(calls)("without %s, %s", (flag, operation, call) => {
  test.each([{}, { capabilities: null }, { capabilities: { [flag]: false } }])(
    "is refused before it is sent, by name (%j)",
    async (config) => {
      const { boxlite, box, started } = await serve(() => config);
      const refused = call(boxlite, box);
      await expect(refused).rejects.toBeInstanceOf(UnsupportedError);
      await expect(refused).rejects.toMatchObject({ code: "unsupported", operation, retryable: false });
      await expect(refused).rejects.toThrow(
        new RegExp(`cannot do this \\(${operation.replace(".", "\\.")}\\)`),
      );
      expect(started.log).toEqual(["GET /v1/boxes/b1", "GET /v1/config"]);
    },
  );

  test("with it, it is sent", async () => {
    const { boxlite, box, started } = await serve(() => ({ capabilities: { [flag]: true } }));
    // What comes of it is another test's.
    await call(boxlite, box).catch(() => {});
    expect(started.log.slice(0, 2)).toEqual(["GET /v1/boxes/b1", "GET /v1/config"]);
    expect(started.log).toHaveLength(3);
  });
});

test("capability gate ensure_capability enabled/disabled/missing: asked for once, and again only after a no", async () => {
  let enabled = false;
  const { box, boxlite, started } = await serve(() => ({ capabilities: { clone_enabled: enabled } }));
  await expect(box.clone()).rejects.toBeInstanceOf(UnsupportedError);
  enabled = true;
  await box.clone();
  await box.clone();
  expect((await boxlite.config()).capabilities).toEqual({ cloneEnabled: true });
  expect(started.log.filter((line) => line === "GET /v1/config")).toHaveLength(2);
});

test("an import goes with exports where the server has no flag for it, and by its own where it has", async () => {
  const { boxlite } = await serve(() => ({ capabilities: { export_enabled: true, import_enabled: false } }));
  await expect(boxlite.boxes.import(new Blob(["x"]))).rejects.toBeInstanceOf(UnsupportedError);
});

test.each(["serve", "runner"] as const)("the local server, as %s", async (dialect) => {
  const local = await startLocalServer({ dialect });
  const boxlite = new BoxLite({ baseUrl: local.url, token: local.token });
  const { capabilities } = await boxlite.config();
  expect(capabilities.snapshotsEnabled).toBe(dialect === "serve");
  const principal = await boxlite.me();
  expect(principal.principalType).toBe("service_account");
  expect("pathPrefix" in principal).toBe(dialect === "runner");
  await local.close();
});

test.each([
  ["serve", ["volumes.list", "images.list", "images.get", "box.tunnel"]],
  ["runner", ["metrics", "volumes.list", "images.list", "images.get", "box.tunnel"]],
] as const)("what %s lacks is an UnsupportedError that names it", async (dialect, lacking) => {
  await using server = await startLocalServer({ dialect });
  const boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
  const box = await boxlite.boxes.create();
  const calls: Record<string, () => Promise<unknown>> = {
    metrics: () => boxlite.metrics(),
    "volumes.list": () => boxlite.volumes.list().all(),
    "images.list": () => boxlite.images.list().all(),
    "images.get": () => boxlite.images.get("sha256:0"),
    "box.tunnel": () => box.tunnel(80),
  };
  for (const operation of lacking) {
    await expect(calls[operation]?.()).rejects.toMatchObject({
      name: "UnsupportedError",
      code: "unsupported",
      operation,
    });
  }
  await box.remove();
  await expect(box.refresh()).rejects.toMatchObject({ name: "NotFoundError" });
});
