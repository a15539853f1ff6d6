import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseBoxRequest } from "../../src/local/bodies.ts";
import { createBoxes } from "../../src/local/boxes.ts";
import { createServerCounters } from "../../src/local/metrics.ts";
import { restoreSnapshot, takeSnapshot } from "../../src/local/snapshots.ts";
import { startTestServer } from "./local-client.ts";
import { CONTENT, startWithStopped } from "./stopped-box.ts";
import { tree } from "./tree.ts";

/** What is serve's alone, below a box. */
const ROUTES = [
  ["GET", "snapshots"],
  ["POST", "snapshots"],
  ["GET", "snapshots/one"],
  ["DELETE", "snapshots/one"],
  ["POST", "snapshots/one/restore"],
  ["POST", "clone"],
  ["POST", "export"],
] as const;

describe("snapshots (serve)", () => {
  test("are taken, listed, found and removed", async () => {
    const { send, box, path } = await startWithStopped();
    const before = Math.floor(Date.now() / 1000);
    const one = await send("POST", `${path}/snapshots`, { body: { name: "one" } });
    expect(one.status).toBe(201);
    expect(one.json).toEqual({
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
      box_id: box,
      name: "one",
      created_at: expect.any(Number),
      guest_disk_bytes: 0,
      container_disk_bytes: 10,
      size_bytes: 10,
    });
    expect(one.json.created_at).toBeGreaterThanOrEqual(before);
    expect(one.json.created_at).toBeLessThanOrEqual(Date.now() / 1000);
    const two = await send("POST", `${path}/snapshots`, { body: { name: "a/ü" } });
    const list = await send("GET", `${path}/snapshots`);
    expect(list).toMatchObject({ status: 200, json: { snapshots: [one.json, two.json] } });
    const its = `${path}/snapshots/${encodeURIComponent("a/ü")}`;
    expect(await send("GET", its)).toMatchObject({ status: 200, json: two.json });
    expect(await send("DELETE", its)).toMatchObject({ status: 204, text: "" });
    expect((await send("GET", `${path}/snapshots`)).json).toEqual({ snapshots: [one.json] });
    for (const method of ["GET", "DELETE"]) {
      expect(await send(method, its)).toMatchObject({
        status: 404,
        json: { error: { message: "snapshot not found: a/ü", code: "not_found" } },
      });
    }
    expect((await send("POST", `${its}/restore`)).status).toBe(404);
  });

  test("are restored: what has been changed, added and removed since", async () => {
    const { send, path, directory } = await startWithStopped();
    await send("POST", `${path}/snapshots`, { body: { name: "one" } });
    writeFileSync(join(directory, "a.txt"), "changed");
    writeFileSync(join(directory, "added"), "");
    rmSync(join(directory, "sub"), { recursive: true });
    for (let time = 0; time < 2; time += 1) {
      expect(await send("POST", `${path}/snapshots/one/restore`)).toMatchObject({ status: 204, text: "" });
      expect(tree(directory)).toEqual(CONTENT);
      expect(statSync(join(directory, "sub", "b.txt")).mode & 0o777).toBe(0o750);
      expect(readdirSync(dirname(directory))).toHaveLength(2);
      // The snapshot is not what the box works on now.
      writeFileSync(join(directory, "a.txt"), "changed again");
    }
  });

  test("have names of their own in their box, for two at once too", async () => {
    const { send, createBox, path } = await startWithStopped();
    const take = (where: string) => send("POST", `${where}/snapshots`, { body: { name: "one" } });
    const replies = await Promise.all([take(path), take(path), take(path)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(await take(path)).toMatchObject({ status: 409, json: { error: { code: "already_exists" } } });
    expect((await take(`/v1/boxes/${await createBox()}`)).status).toBe(201);
  });

  test.each([
    ["no name", {}, 422],
    ["a name of another type", { name: 1 }, 422],
    ["an empty name", { name: "" }, 400],
    ["too long a name", { name: "x".repeat(129) }, 400],
  ])("need a name: %s", async (_name, body, status) => {
    const { send, path } = await startWithStopped();
    expect((await send("POST", `${path}/snapshots`, { body })).status).toBe(status);
    expect((await send("GET", `${path}/snapshots`)).json).toEqual({ snapshots: [] });
  });

  test("need a box that does not run, and leave nothing when they are refused", async () => {
    const { send, path, directory } = await startWithStopped();
    await send("POST", `${path}/snapshots`, { body: { name: "one" } });
    const places = () => readdirSync(dirname(directory)).length;
    const before = places();
    await send("POST", `${path}/snapshots`, { body: { name: "one" } });
    await send("POST", `${path}/start`);
    for (const verb of ["snapshots", "snapshots/one/restore", "clone", "export"]) {
      expect(await send("POST", `${path}/${verb}`, { body: { name: "two" } }), verb).toMatchObject({
        status: 409,
        json: { error: { message: "box is running: stop it first", code: "invalid_state" } },
      });
    }
    expect((await send("GET", `${path}/snapshots/one`)).status).toBe(200);
    expect(places()).toBe(before);
  });

  test("404 for a box that is not there", async () => {
    const { send } = await startTestServer({ dialect: "serve" });
    for (const [method, verb] of ROUTES) {
      const body = method === "POST" ? { name: "one" } : undefined;
      expect((await send(method, `/v1/boxes/nope/${verb}`, { body })).status, verb).toBe(404);
    }
  });

  test("a box that is started while one is restored keeps its directory", async () => {
    const boxes = await createBoxes("serve", createServerCounters());
    onTestFinished(() => boxes.close());
    const box = boxes.create(parseBoxRequest({}, "serve"));
    const snapshot = await takeSnapshot(boxes, box, "one", () => {});
    writeFileSync(join(box.directory, "new"), "new");
    const started = () => {
      throw new Error("started meanwhile");
    };
    await expect(restoreSnapshot(boxes, box, snapshot, started)).rejects.toThrow("started meanwhile");
    await expect(takeSnapshot(boxes, box, "two", started)).rejects.toThrow("started meanwhile");
    expect(tree(box.directory)).toEqual({ new: "new" });
    expect([...box.snapshots.keys()]).toEqual(["one"]);
    expect(readdirSync(dirname(box.directory))).toHaveLength(2);
  });

  test("go with their box", async () => {
    const { send, path, directory } = await startWithStopped();
    const root = dirname(directory);
    await send("POST", `${path}/snapshots`, { body: { name: "one" } });
    await send("POST", `${path}/snapshots`, { body: { name: "two" } });
    expect(readdirSync(root)).toHaveLength(3);
    await send("DELETE", `${path}/snapshots/two`);
    expect(readdirSync(root)).toHaveLength(2);
    await send("DELETE", path);
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });
});

test.each(ROUTES)("the cloud has no %s …/%s", async (method, verb) => {
  const { send, createBox } = await startTestServer({ dialect: "runner" });
  const path = `/v1/boxes/${await createBox()}/${verb}`;
  expect(await send(method, path)).toMatchObject({
    status: 404,
    json: { statusCode: 404, message: `Cannot ${method} ${path}` },
  });
});
