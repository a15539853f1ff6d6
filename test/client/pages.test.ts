import { afterEach, describe, expect, test } from "vitest";
import { createList } from "../../src/client/pages.ts";
import { type Box, BoxLite, type List } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";

const open: LocalServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function idsOf(list: List<Box>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

describe.each(["serve", "runner"] as const)("boxes on %s", (dialect) => {
  async function serve(paging: boolean) {
    const server = await startLocalServer({ dialect, paging });
    open.push(server);
    const boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push((await boxlite.boxes.create()).id);
    return { boxlite, made: made.sort() };
  }

  test.each([false, true])("paging %s: every box once, whatever the page's size", async (paging) => {
    const { boxlite, made } = await serve(paging);
    for (const pageSize of [undefined, 1, 2, 5, 1_000]) {
      expect((await idsOf(boxlite.boxes.list({ pageSize }))).sort()).toEqual(made);
    }
    expect((await boxlite.boxes.list({ pageSize: 2 }).all()).map(({ id }) => id).sort()).toEqual(made);
  });

  test("pages, one by one; and a filter", async () => {
    const { boxlite, made } = await serve(true);
    const list = boxlite.boxes.list({ pageSize: 3 });
    const first = await list.page();
    const second = await list.page(first.nextPageToken);
    expect([first.items.length, second.items.length, "nextPageToken" in second]).toEqual([3, 2, false]);
    expect([...first.items, ...second.items].map(({ id }) => id).sort()).toEqual(made);
    await first.items[0]?.start();
    await first.items[0]?.stop();
    const stopped = await boxlite.boxes.list({ status: "stopped" }).all();
    expect(stopped.map(({ id }) => id)).toEqual([first.items[0]?.id]);
    await expect(list.page("nonsense")).rejects.toMatchObject({ name: "InvalidRequestError", status: 400 });
  });

  test("a server without pages gives one", async () => {
    const { boxlite, made } = await serve(false);
    const page = await boxlite.boxes.list({ pageSize: 2 }).page();
    expect(page.items).toHaveLength(made.length);
    expect(page).not.toHaveProperty("nextPageToken");
  });
});

describe("a list", () => {
  function counting(pages: number) {
    const asked: (string | undefined)[] = [];
    const list = createList(async (token) => {
      asked.push(token);
      const at = Number(token ?? 0);
      return at + 1 < pages
        ? { items: [at * 2, at * 2 + 1], nextPageToken: `${at + 1}` }
        : { items: [at * 2] };
    });
    return { asked, list };
  }

  test("fetches a page when it comes to it, and none that nobody wants", async () => {
    const { asked, list } = counting(10);
    for await (const item of list) if (item === 2) break;
    expect(asked).toEqual([undefined, "1"]);
  });

  test("is read anew each time", async () => {
    const { asked, list } = counting(2);
    expect(await list.all()).toEqual([0, 1, 2]);
    expect(await list.all()).toEqual([0, 1, 2]);
    expect(asked).toHaveLength(4);
  });
});
