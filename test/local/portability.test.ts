import { once } from "node:events";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { POLL, startTestServer } from "./local-client.ts";
import { CONTENT, startWithStopped } from "./stopped-box.ts";
import { type Entry, tar, tree, untar } from "./tree.ts";

const SETTINGS = {
  image: "python:3",
  cpus: 2,
  memory_mib: 300,
  auto_stop: 60,
  auto_delete: 70,
  auto_resume: false,
};
const REQUEST = { ...SETTINGS, name: "web", env: { SETTING: "1" } };
const PRINT_SETTING = { command: "printenv", args: ["SETTING"] };

describe("clones (serve)", () => {
  test("have the same settings and files, and a life of their own", async () => {
    const { send, run, directoryOf, path, directory } = await startWithStopped(REQUEST);
    const clone = await send("POST", `${path}/clone`, { body: { name: "copy" } });
    expect(clone.status).toBe(201);
    expect(clone.json).toMatchObject({ ...SETTINGS, name: "copy", status: "configured" });
    expect((await send("GET", "/v1/boxes/copy")).json).toEqual(clone.json);
    expect((await run("copy", PRINT_SETTING)).stdout().toString()).toBe("1\n");
    const its = await directoryOf("copy");
    expect(tree(its)).toEqual(CONTENT);
    writeFileSync(join(its, "a.txt"), "changed");
    expect(tree(directory)).toEqual(CONTENT);
  });

  test("need no name, but a free one that is not empty", async () => {
    const { send, path, directory } = await startWithStopped({ name: "web" });
    expect(await send("POST", `${path}/clone`, { body: {} })).toMatchObject({
      status: 201,
      json: { name: null },
    });
    const before = readdirSync(dirname(directory));
    expect(await send("POST", `${path}/clone`, { body: { name: "web" } })).toMatchObject({
      status: 409,
      json: { error: { code: "already_exists" } },
    });
    expect((await send("POST", `${path}/clone`, { body: { name: "" } })).status).toBe(400);
    expect(readdirSync(dirname(directory))).toEqual(before);
  });

  test("are taken of boxes that have not run yet", async () => {
    const { send, createBox } = await startTestServer({ dialect: "serve" });
    const box = await createBox();
    expect((await send("POST", `/v1/boxes/${box}/clone`, { body: {} })).status).toBe(201);
  });
});

describe("exports and imports (serve)", () => {
  const importing = (name?: string) => `/v1/boxes/import${name === undefined ? "" : `?name=${name}`}`;

  test("bring a box with its settings and files to another server", async () => {
    const from = await startWithStopped(REQUEST);
    const exported = await from.send("POST", `${from.path}/export`);
    expect(exported.status).toBe(200);
    expect(exported.headers["content-type"]).toBe("application/octet-stream");
    const to = await startTestServer({ dialect: "serve" });
    const imported = await to.send("POST", importing("copy"), { body: exported.bytes });
    expect(imported.status, imported.text).toBe(201);
    expect(imported.json).toMatchObject({ ...SETTINGS, name: "copy", status: "configured" });
    expect((await to.send("GET", "/v1/boxes/copy")).json).toEqual(imported.json);
    expect((await to.run("copy", PRINT_SETTING)).stdout().toString()).toBe("1\n");
    expect(tree(await to.directoryOf("copy"))).toEqual(CONTENT);
    expect(await to.send("POST", importing(), { body: exported.bytes })).toMatchObject({
      status: 201,
      json: { name: null },
    });
  });

  test("an export is an archive whose first entry are the settings", async () => {
    const { send, path } = await startWithStopped(REQUEST);
    const entries = await untar((await send("POST", `${path}/export`, { body: {} })).bytes);
    expect(Object.keys(entries)[0]).toBe("box.json");
    expect(JSON.parse(entries["box.json"] ?? "")).toMatchObject(SETTINGS);
  });

  test("a file of that name in the box is one of its files", async () => {
    const { send, directoryOf, path, directory } = await startWithStopped();
    writeFileSync(join(directory, "box.json"), "mine");
    const { bytes } = await send("POST", `${path}/export`);
    await send("POST", importing("copy"), { body: bytes });
    expect(tree(await directoryOf("copy"))).toEqual({ ...CONTENT, "box.json": "mine" });
  });

  test("a name that is taken is refused, and an empty one", async () => {
    const { send, path, directory } = await startWithStopped({ name: "web" });
    const { bytes } = await send("POST", `${path}/export`);
    expect((await send("POST", importing("web"), { body: bytes })).status).toBe(409);
    expect((await send("POST", importing(""), { body: bytes })).status).toBe(400);
    expect(readdirSync(dirname(directory))).toHaveLength(1);
  });

  const settings = (value: unknown): Entry => ({ name: "box.json", body: JSON.stringify(value) });
  const symlink: Entry = { name: "l", header: { type: "symlink", linkname: "/tmp" } };

  test.each<[string, (Entry | string)[]]>([
    ["nothing in it", []],
    ["other settings first", [{ name: "a", body: "{}" }, settings({})]],
    ["a directory for settings", [{ name: "box.json/" }]],
    ["settings that are no JSON", [{ name: "box.json", body: "{" }]],
    ["settings that are no object", [settings([])]],
    ["settings of another type", [settings({ cpus: "2" })]],
    ["settings that cannot be", [settings({ cpus: 0 })]],
    ["settings that nobody knows", [settings({ color: "red" })]],
    ["a path of the server for an image", [settings({ rootfs_path: "/" })]],
    ["settings without end", [settings({ image: "x".repeat(2 ** 20) })]],
    ["a file that leads out", [settings({}), { name: "../evil", body: "evil" }]],
    ["a file behind a link that leads out", [settings({}), symlink, { name: "l/boxlite-web-evil" }]],
  ])("an archive is not trusted: %s", async (_name, entries) => {
    const { send, path, directory } = await startWithStopped();
    const reply = await send("POST", importing("copy"), { body: await tar(...entries) });
    expect(reply).toMatchObject({ status: 400, json: { error: { code: "invalid_argument" } } });
    expect(reply.text).toMatch(/failed to import: /);
    expect((await send("GET", "/v1/boxes/copy")).status).toBe(404);
    expect(readdirSync(dirname(directory))).toHaveLength(1);
    expect((await send("GET", path)).status).toBe(200);
  });

  test("an archive that ends too early makes no box", async () => {
    const { send, path, directory } = await startWithStopped();
    const { bytes } = await send("POST", `${path}/export`);
    for (const end of [0, 600, bytes.length - 512]) {
      expect((await send("POST", importing("copy"), { body: bytes.subarray(0, end) })).status).toBe(400);
    }
    expect(readdirSync(dirname(directory))).toHaveLength(1);
  });

  test("a client that hangs up in the middle of an import makes no box, and of an export no harm", async () => {
    const { send, open, path, directory } = await startWithStopped();
    writeFileSync(join(directory, "large"), "");
    truncateSync(join(directory, "large"), 1 << 30);
    const download = open("POST", `${path}/export`);
    download.end();
    const [response]: IncomingMessage[] = await once(download, "response");
    const upload = open("POST", importing("copy"));
    upload.on("error", () => {});
    response?.on("error", () => {});
    const [head] = await once(response ?? download, "data");
    upload.write(head);
    await expect.poll(() => readdirSync(dirname(directory)).length, POLL).toBe(2);
    download.destroy();
    upload.destroy();
    await expect.poll(() => readdirSync(dirname(directory)).length, POLL).toBe(1);
    expect((await send("GET", "/v1/boxes")).json.boxes).toHaveLength(1);
  });

  test("a box may be called import all the same", async () => {
    for (const dialect of ["serve", "runner"] as const) {
      const { send, createBox, run } = await startTestServer({ dialect });
      await createBox({ name: "import" });
      expect((await send("GET", "/v1/boxes/import")).json.name).toBe("import");
      expect((await run("import", { command: "true" })).exitCode()).toBe(0);
      // Not a box's route, in either dialect.
      const reply = await send("POST", "/v1/boxes/import", { body: Buffer.from("no archive") });
      expect(reply.status).toBe(dialect === "serve" ? 400 : 404);
      expect((await send("DELETE", "/v1/boxes/import")).status).toBe(204);
    }
  });
});
