import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runTool } from "../../demo/examples/agent-tool.ts";
import { linesOf } from "../../demo/examples/lines.ts";
import { streamCommand } from "../../demo/examples/stream-response.ts";
import { teeToFile } from "../../demo/examples/tee.ts";
import { type Box, BoxLite } from "../../src/index.ts";
import { type LocalServer, startLocalServer } from "../../src/local/index.ts";

/** The examples that are functions, on real processes. */

let server: LocalServer;
let boxlite: BoxLite;
let box: Box;
let folder: string;
beforeAll(async () => {
  server = await startLocalServer();
  boxlite = new BoxLite({ baseUrl: server.url, token: server.token });
  box = await boxlite.boxes.create();
  folder = await mkdtemp(join(tmpdir(), "boxlite-examples-"));
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

const PATIENCE = { timeout: 20_000 };
const boxIds = async () => (await boxlite.boxes.list().all()).map(({ id }) => id);

describe("lines", () => {
  test("of a command come one by one, the last without an end, too", async () => {
    const lines: string[] = [];
    await using execution = await box.exec("sh", ["-c", "printf 'ä\\r\\n\\nlast'; exit 0"]);
    for await (const line of linesOf(execution.stdout)) lines.push(line);
    expect(lines).toEqual(["ä", "", "last"]);
  });

  test("break lets go of the stream", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("one\ntwo\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const line of linesOf(stream)) {
      expect(line).toBe("one");
      break;
    }
    expect(cancelled).toBe(true);
  });
});

describe("tee", () => {
  test("page and file have the same", async () => {
    const path = join(folder, "both");
    const { response, saved } = teeToFile(await box.exec("seq", ["1", "20000"]), path);
    const text = await response.text();
    await saved;
    expect(text).toMatch(/^1\n2\n[\d\n]*\n20000\n$/);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("the file goes on when the page is closed", async () => {
    const path = join(folder, "file");
    const { response, saved } = teeToFile(await box.exec("seq", ["1", "20000"]), path);
    await response.body?.cancel();
    await saved;
    expect(await readFile(path, "utf8")).toMatch(/\n20000\n$/);
  });
});

describe("a command's output as a response", () => {
  test("comes while the command runs, and the box goes with it", async () => {
    const go = join(folder, "go");
    const request = new Request("http://app.example/");
    const command = `echo first; until [ -e '${go}' ]; do sleep 0.05; done; echo second >&2`;
    const response = await streamCommand(request, boxlite, command);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("first\n");
    expect(await boxIds()).toHaveLength(2);
    await writeFile(go, "");
    expect((await reader?.read())?.value).toBe("second\n");
    expect((await reader?.read())?.done).toBe(true);
    await expect.poll(boxIds, PATIENCE).toEqual([box.id]);
  });

  test("a page that leaves ends the command, and the box", async () => {
    const page = new AbortController();
    const request = new Request("http://app.example/", { signal: page.signal });
    const response = await streamCommand(request, boxlite, "echo first; exec sleep 1000");
    const reader = response.body?.getReader();
    await reader?.read();
    page.abort();
    await expect(reader?.read()).rejects.toThrow(/abort/);
    await expect.poll(boxIds, PATIENCE).toEqual([box.id]);
  });
});

describe("an agent's tool call", () => {
  test("has code and output, both streams in their order", async () => {
    const result = await runTool(box, "echo one; echo two >&2; echo three; exit 3");
    expect(result).toEqual({ exitCode: 3, timedOut: false, output: "one\ntwo\nthree\n" });
  });

  test("output of more than its length loses its middle", async () => {
    const { output } = await runTool(box, "seq -w 1 100000", { maxLength: 28 });
    expect(output).toBe("000001\n000002\n\n[699972 characters left out]\n099999\n100000\n");
  });

  test("output of just its length is whole", async () => {
    expect((await runTool(box, "printf 1234567", { maxLength: 7 })).output).toBe("1234567");
  });

  test("a command that takes too long is ended, and has its output", async () => {
    const result = await runTool(box, "echo begun; exec sleep 1000", { timeout: 200 });
    expect(result).toEqual({ exitCode: null, timedOut: true, output: "begun\n" });
  });

  test("a signal of its own is no timeout", async () => {
    const result = await runTool(box, "kill -TERM $$");
    expect(result).toEqual({ exitCode: null, timedOut: false, output: "" });
  });

  test("aborting ends it", async () => {
    await expect(runTool(box, "true", { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow(
      "stop",
    );
  });
});
