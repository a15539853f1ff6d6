import { expect, test } from "vitest";
import { NotFoundError } from "../../src/index.ts";
import { startLocalServer } from "../../src/local/index.ts";
import { createPageClient, startGateway } from "./setting.ts";

test.each(["serve", "runner"] as const)("files go both ways through a gateway, on %s", async (dialect) => {
  const server = await startLocalServer({ dialect });
  const gateway = await startGateway({ target: server.url, token: server.token });
  const box = await createPageClient(gateway).boxes.create();
  const data = crypto.getRandomValues(new Uint8Array(60_000));
  await box.files.writeFile("dir/data", new Blob([data]).stream(), { size: data.length });
  expect(Buffer.from(await box.files.readFile("dir/data")).equals(data)).toBe(true);
  const download = await box.files.download("dir");
  expect(download.isDirectory).toBe(true);
  await download.cancel();
  await expect(box.files.readFile("nothing")).rejects.toBeInstanceOf(NotFoundError);
  await gateway[Symbol.asyncDispose]();
  await server.close();
});

test("a gateway that allows some boxes lets no file of another through", async () => {
  const server = await startLocalServer();
  const direct = await startGateway({ target: server.url, token: server.token });
  const mine = await createPageClient(direct).boxes.create();
  const other = await createPageClient(direct).boxes.create();
  await other.files.writeFile("secret", "x");
  const gateway = await startGateway({
    target: server.url,
    token: server.token,
    authorize: () => ({ allow: true, boxes: [mine.id] }),
  });
  const page = createPageClient(gateway);
  await (await page.boxes.get(mine.id)).files.writeFile("a", "b");
  await expect(page.boxes.get(other.id)).rejects.toMatchObject({ status: 403 });
  await gateway[Symbol.asyncDispose]();
  await direct[Symbol.asyncDispose]();
  await server.close();
});
