import { describe, expect, test } from "vitest";
import { startTestServer } from "./local-client.ts";

describe.each(["serve", "runner"] as const)("pages of boxes (%s)", (dialect) => {
  async function startWithBoxes(count: number) {
    const client = await startTestServer({ dialect, paging: true });
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push(await client.createBox());
    const list = (query = "") => client.send("GET", `/v1/boxes${query}`);
    return { ...client, ids, list };
  }

  const idsOf = (json: Record<string, unknown>) =>
    Array.isArray(json.boxes) ? json.boxes.map((box) => box.box_id) : undefined;

  test("each box comes once, in order, and null ends them", async () => {
    const { list, ids } = await startWithBoxes(5);
    const first = await list("?pageSize=2");
    expect(first.status).toBe(200);
    expect(idsOf(first.json)).toEqual(ids.slice(0, 2));
    const second = await list(`?pageSize=2&pageToken=${first.json.next_page_token}`);
    expect(idsOf(second.json)).toEqual(ids.slice(2, 4));
    const third = await list(`?pageSize=2&pageToken=${second.json.next_page_token}`);
    expect(idsOf(third.json)).toEqual(ids.slice(4));
    expect(third.json.next_page_token).toBeNull();
    expect(first.json.next_page_token).toMatch(/^[\w-]+$/);
  });

  test("a last page that is full is the last", async () => {
    const { list, ids } = await startWithBoxes(2);
    expect((await list("?pageSize=2")).json).toMatchObject({ next_page_token: null });
    expect(idsOf((await list("?pageSize=1000")).json)).toEqual(ids);
  });

  test("100 is the default", async () => {
    const { list } = await startWithBoxes(101);
    const { json } = await list();
    expect(json.boxes).toHaveLength(100);
    expect((await list(`?pageToken=${json.next_page_token}`)).json.boxes).toHaveLength(1);
  });

  test("status filters before pages are counted", async () => {
    const { list, send, ids } = await startWithBoxes(4);
    for (const id of [ids[0], ids[2]]) await send("POST", `/v1/boxes/${id}/stop`);
    const first = await list("?status=stopped&pageSize=1");
    expect(idsOf(first.json)).toEqual([ids[0]]);
    const second = await list(`?status=stopped&pageSize=1&pageToken=${first.json.next_page_token}`);
    expect(idsOf(second.json)).toEqual([ids[2]]);
    expect(second.json.next_page_token).toBeNull();
  });

  test.each([
    "pageSize=0",
    "pageSize=1001",
    "pageSize=x",
    "pageSize=1.5",
    "pageSize=",
    "pageToken=nonsense",
    "pageToken=",
    `pageToken=${Buffer.from("null").toString("base64url")}`,
    `pageToken=${Buffer.from('{"page":0}').toString("base64url")}`,
    `pageToken=${Buffer.from('{"page":"2"}').toString("base64url")}`,
  ])("400 for %s", async (query) => {
    const { list } = await startWithBoxes(0);
    const { status, json } = await list(`?${query}`);
    expect(status).toBe(400);
    expect(dialect === "serve" ? json.error : json).toMatchObject({ code: "invalid_argument" });
  });

  test("without the option the query is ignored, as servers do today", async () => {
    const { send, createBox } = await startTestServer({ dialect });
    for (const _ of [1, 2, 3]) await createBox();
    const { status, json } = await send("GET", "/v1/boxes?pageSize=1&pageToken=nonsense&status=stopped");
    expect(status).toBe(200);
    expect(json.boxes).toHaveLength(3);
    expect(json).not.toHaveProperty("next_page_token");
  });
});
