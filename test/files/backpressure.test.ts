import { expect, test } from "vitest";
import { BoxLite } from "../../src/index.ts";
import { boxAnswer, startScriptedServer } from "../client/scripted-server.ts";

test("a stream is given to fetch in the one form of which Node keeps no copy; what is small is not", async () => {
  const sent: [string, string][] = [];
  const boxlite = new BoxLite({
    baseUrl: "http://h.example",
    prefix: null,
    fetch: async (input) => {
      const request = input as Request;
      sent.push([request.method, request.redirect]);
      await request.body?.cancel();
      return request.method === "GET" ? Response.json(boxAnswer("b1")) : new Response(null, { status: 204 });
    },
  });
  const box = await boxlite.boxes.get("b1");
  await box.files.writeFile("/a", "x");
  expect(sent).toEqual([
    ["GET", "manual"],
    ["PUT", "error"],
  ]);
});

test("a source is read no further than the server takes it, but for what is on its way", async () => {
  let taken = 0;
  let answer = () => {};
  const server = await startScriptedServer(() => ({ status: 200, json: boxAnswer("b1") }));
  const box = await new BoxLite({ baseUrl: server.url, prefix: null }).boxes.get("b1");
  await server.close();
  // A server that takes the head of the request, and nothing of its body.
  const { createServer } = await import("node:http");
  const stuck = createServer((request, response) => {
    request.pause();
    answer = () => response.writeHead(507).end();
  });
  await new Promise<void>((resolve) => stuck.listen(Number(new URL(server.url).port), "127.0.0.1", resolve));
  const stood = new Promise<void>((resolve) => {
    let last = -1;
    const look = setInterval(() => {
      // Nothing was taken for a while: it stands.
      if (taken > 0 && taken === last) {
        clearInterval(look);
        resolve();
      }
      last = taken;
    }, 100);
  });
  const source = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      taken += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const upload = box.files.writeFile("/a", source, { size: 1e12 });
  upload.catch(() => {});
  await stood;
  expect(taken).toBeLessThan(64 * 1024 * 1024);
  answer();
  await expect(upload).rejects.toMatchObject({ status: 507 });
  stuck.closeAllConnections();
  stuck.close();
});
