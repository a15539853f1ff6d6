import { expect, test } from "vitest";
import { BoxLite } from "../../src/index.ts";
import { boxAnswer, startScriptedServer } from "./scripted-server.ts";

test("a kill whose 404 is seen before its own answer is still a kill, and not a loss", async () => {
  let asked = () => {};
  const askedAfterKill = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let killed = false;
  const server = await startScriptedServer(async ({ method, path }) => {
    if (path.endsWith("/exec")) return { status: 201, json: { execution_id: "e1" } };
    if (method === "DELETE") {
      killed = true;
      await askedAfterKill;
      return { status: 204 };
    }
    if (path.endsWith("/e1") && killed) {
      asked();
      return { status: 404, json: { error: "execution not found" } };
    }
    if (path.endsWith("/e1")) return { status: 200, json: { execution_id: "e1", status: "running" } };
    return { status: 200, json: boxAnswer("b1") };
  });
  // This server takes no upgrade: each attach fails, and the status is asked again and again.
  const boxlite = new BoxLite({ baseUrl: server.url, prefix: null });
  const execution = await (await boxlite.boxes.get("b1")).exec("sleep", ["1000"]);
  await execution.kill();
  expect(await execution.exit).toMatchObject({
    outcome: "killed",
    exitCode: null,
    source: "kill",
    complete: false,
  });
  await server.close();
});
